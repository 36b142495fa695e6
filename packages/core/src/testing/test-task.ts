import { openTaskState, type StateEngine, type TaskState } from '@millrace/state-store'
import { type CompiledTask, compileTask, type RecordCollector, type TaskContext } from '../operators/index.ts'
import type { Subtopology, TopologyPlan } from '../plan/topology-plan.ts'
import type { TestGlobals } from './test-globals.ts'
import { TestQueue } from './test-queue.ts'

/** Time as the tasks of one partition see it: they share it, as if the whole topology were one task. */
export interface TestClock {
  streamTime: number
  wallClock: number
}

export interface TestTaskOptions {
  readonly plan: TopologyPlan
  readonly subtopology: Subtopology
  readonly partition: number
  readonly engine: StateEngine
  readonly clock: TestClock
  readonly collector: RecordCollector
  readonly globals: TestGlobals
  readonly onProcessingError: 'stop' | 'continue'
}

/** One sub-topology of one partition, with its stores and its input queues. */
export class TestTask {
  readonly id: string
  readonly partition: number
  readonly state: TaskState
  readonly queues: ReadonlyMap<string, TestQueue>
  readonly #compiled: CompiledTask
  readonly #clock: TestClock

  static async open(options: TestTaskOptions): Promise<TestTask> {
    const { plan, subtopology, engine } = options
    const stores = subtopology.stores.flatMap((name) => plan.stores.get(name)?.definition ?? [])
    return new TestTask(options, await openTaskState({ engine, stores }))
  }

  private constructor(options: TestTaskOptions, state: TaskState) {
    const { plan, subtopology, partition, clock } = options
    this.id = `${subtopology.name}_${partition}`
    this.partition = partition
    this.state = state
    this.#clock = clock
    state.clock = () => clock.streamTime
    const context: TaskContext = {
      taskId: this.id,
      partition,
      state,
      globals: options.globals.state,
      collector: options.collector,
      onProcessingError: options.onProcessingError,
      get streamTime() {
        return clock.streamTime
      },
      wallClock: () => clock.wallClock,
      dropped() {},
      requestCommit() {},
      wake() {},
    }
    this.#compiled = compileTask(plan, subtopology, context)
    this.queues = new Map([...this.#compiled.inputs].map(([topic, input]) => [topic, new TestQueue(input)]))
  }

  /** Processes the head of the queue. */
  async process(queue: TestQueue): Promise<void> {
    this.#clock.streamTime = Math.max(this.#clock.streamTime, queue.headTimestamp)
    await queue.processHead()
    await this.#compiled.async.drain()
  }

  /** Runs what is due after a record, be it one of another task that shares the clock. */
  async afterRecord(): Promise<void> {
    await this.#compiled.afterRecord()
  }

  /** Runs the wall-clock punctuators that are due. */
  async punctuate(): Promise<void> {
    const { wallClock } = this.#clock
    if (this.#compiled.nextWallClockDue <= wallClock) await this.#compiled.punctuateWallClock(wallClock)
    await this.#compiled.async.drain()
  }

  /** Flushes the caches, until nothing that follows from that is under way. */
  async flush(): Promise<void> {
    await this.state.flush()
    while (this.#compiled.async.underWay) {
      await this.#compiled.async.drain()
      await this.state.flush()
    }
  }

  /** Moves what the task wrote into its database. */
  async commit(): Promise<void> {
    if (this.state.dirty) await this.state.commit({ changelogs: {}, inputs: {} })
  }

  async close(): Promise<void> {
    this.#compiled.close()
    await this.state.close()
  }
}
