import type { Pending, TaskState } from '@millrace/state-store'
import type { CommittedOffsets, TopicPartitionKey } from '../log/log.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import type { CompiledTask, GlobalStores, TaskAsyncWork, TaskContext } from '../operators/index.ts'
import { type ChangeFeed, ChangeTap } from '../query/index.ts'
import { InputBuffer } from './input-buffer.ts'
import { StreamTaskContext } from './stream-task-context.ts'
import { committedStreamTime } from './stream-time-metadata.ts'
import { InputChooser, NOT_LOADED, type TaskInput } from './task-inputs.ts'
import type { StreamTaskSpec } from './task-spec.ts'
import type { WorkerOutput } from './worker-output.ts'

/** Records between two looks at the clock. */
const CLOCK_EVERY = 64

export interface StreamTaskOptions {
  readonly spec: StreamTaskSpec
  readonly state: TaskState
  readonly output: WorkerOutput
  readonly globals: GlobalStores
  readonly maxTaskIdle: number
  readonly onProcessingError: 'stop' | 'continue'
  /** Wires the operators, once the state is restored. */
  readonly compile: (context: TaskContext) => CompiledTask
  /** Called when a record that had to wait is done, or a result that an operator waited for has come. */
  readonly onReady: () => void
  /** By store: where live queries hear of committed changes. */
  readonly feeds: ReadonlyMap<string, ChangeFeed>
}

/** Where a task begins to read. */
export interface StartPosition {
  readonly position: number
  readonly endOffset: number
}

type Phase = 'restoring' | 'running' | 'closed'

/**
 * A sub-topology on one partition: takes records from its input buffers in order of time and pushes them through the
 * compiled operators, synchronously, a slice at a time. The worker decides when; the committer makes it durable.
 *
 * Life: restoring → running → closed. After an abort it is closed and opened anew, so that nothing uncommitted lives on.
 */
export class StreamTask {
  readonly id: string
  readonly spec: StreamTaskSpec
  readonly state: TaskState
  /** Records processed since the task was opened. */
  processed: number = 0
  /** Operator → reason → records dropped. */
  readonly drops: Map<string, Map<string, number>> = new Map()
  readonly #options: StreamTaskOptions
  #phase: Phase = 'restoring'
  #compiled: CompiledTask | undefined
  readonly #context: StreamTaskContext
  readonly #taps: readonly ChangeTap[]
  #inputs: readonly TaskInput[] = []
  #chooser: InputChooser
  #committed: ReadonlyMap<TopicPartitionKey, number> = new Map()
  #committedProcessed = 0
  #punctuated = false
  #busy: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(options: StreamTaskOptions) {
    this.#options = options
    this.spec = options.spec
    this.id = options.spec.id
    this.state = options.state
    this.#taps = this.#bindChangelogs()
    this.#context = new StreamTaskContext(options, this.drops)
    this.#chooser = new InputChooser([], options.maxTaskIdle)
  }

  get phase(): Phase {
    return this.#phase
  }

  get inputs(): readonly TaskInput[] {
    return this.#inputs
  }

  get streamTime(): number {
    return this.#context.streamTime
  }

  /** A record is waiting for a scan: nothing else may happen in this task. */
  get busy(): Promise<void> | undefined {
    return this.#busy
  }

  /** When the task wants a turn although nothing arrives, ms since the epoch. */
  get wakeAt(): number {
    if (this.#phase !== 'running' || this.#busy !== undefined) return Number.POSITIVE_INFINITY
    return Math.min(this.#chooser.idleUntil, this.#compiled?.nextWallClockDue ?? Number.POSITIVE_INFINITY)
  }

  /** True when there is something that a commit would make durable. */
  get uncommitted(): boolean {
    return this.state.dirty || this.processed !== this.#committedProcessed || this.acted
  }

  /** True when there is something that only this task's fenced offsets make safe to commit. */
  get acted(): boolean {
    return this.#punctuated || this.moved()
  }

  /** True when a commit should not wait for the interval. */
  get wantsCommit(): boolean {
    return this.#context.commitRequested || this.state.needsCommit
  }

  /** True when an input's position is not the committed one. */
  moved(): boolean {
    for (const { buffer } of this.#inputs) if (this.#committed.get(buffer.key) !== buffer.position) return true
    return false
  }

  /** Offsets of the next records to be processed. */
  positions(): Map<TopicPartitionKey, number> {
    return new Map(this.#inputs.map(({ buffer }) => [buffer.key, buffer.position]))
  }

  /** The state is restored: begins to process at these positions. `committed` is what the group has. */
  start(positions: ReadonlyMap<TopicPartitionKey, StartPosition>, committed: CommittedOffsets): void {
    const inputs = this.spec.inputs.map(({ topic, partition }) => topicPartitionKey(topic, partition))
    this.#context.streamTime = committedStreamTime(inputs, committed.metadata)
    const compiled = this.#options.compile(this.#context)
    this.#compiled = compiled
    this.#inputs = this.spec.inputs.map(({ topic, partition }) => {
      const source = compiled.inputs.get(topic)
      const start = positions.get(topicPartitionKey(topic, partition))
      if (source === undefined || start === undefined) throw new Error(`task ${this.id} has no input ${topic}/${partition}`)
      return {
        buffer: new InputBuffer(topic, partition, start.position, start.endOffset),
        source,
        headTimestamp: NOT_LOADED,
        headOrder: 0,
      }
    })
    this.#chooser = new InputChooser(this.#inputs, this.#options.maxTaskIdle)
    this.#committed = committed.offsets
    this.#phase = 'running'
  }

  /** Processes until nothing is ready, the deadline (performance.now) has passed, or a commit is wanted. Returns the records taken. */
  runSlice(deadline: number, now: number): number {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#phase !== 'running' || this.#busy !== undefined) return 0
    const before = this.processed
    const compiled = this.#compiled as CompiledTask
    if (compiled.async.hasReady && this.#waits(compiled.async.passOn())) return 0
    if (compiled.nextWallClockDue <= now) {
      this.#punctuated = true
      if (this.#waits(compiled.punctuateWallClock(now))) return 0
    }
    if (this.#inputs.length === 1) this.#runSingle(this.#inputs[0] as TaskInput, compiled, deadline)
    else this.#runMerged(compiled, deadline, now)
    return this.processed - before
  }

  /** One input: no choosing, no loading ahead. */
  #runSingle(input: TaskInput, compiled: CompiledTask, deadline: number): void {
    const { buffer, source } = input
    const context = this.#context
    for (;;) {
      const record = buffer.peek()
      if (record === undefined) return
      const timestamp = source.load(record)
      buffer.advance()
      this.processed++
      if (timestamp >= 0) {
        if (timestamp > context.streamTime) context.streamTime = timestamp
        const pending = source.process()
        if (pending !== undefined) return this.#finishRecord(pending, compiled)
        const due = compiled.afterRecord()
        if (due !== undefined) return this.#wait(due)
      }
      if (this.processed % CLOCK_EVERY === 0 && this.#pause(deadline)) return
    }
  }

  #runMerged(compiled: CompiledTask, deadline: number, now: number): void {
    const context = this.#context
    for (;;) {
      const input = this.#chooser.next(now)
      if (input === undefined) return
      const timestamp = input.headTimestamp
      input.headTimestamp = NOT_LOADED
      input.buffer.advance()
      this.processed++
      if (timestamp > context.streamTime) context.streamTime = timestamp
      const pending = input.source.process()
      if (pending !== undefined) return this.#finishRecord(pending, compiled)
      const due = compiled.afterRecord()
      if (due !== undefined) return this.#wait(due)
      if (this.processed % CLOCK_EVERY === 0 && this.#pause(deadline)) return
    }
  }

  #pause(deadline: number): boolean {
    return performance.now() >= deadline || this.wantsCommit
  }

  #finishRecord(pending: Promise<void>, compiled: CompiledTask): void {
    this.#wait(pending.then(() => compiled.afterRecord()))
  }

  #waits(pending: Pending): boolean {
    if (pending === undefined) return false
    this.#wait(pending)
    return true
  }

  #wait(pending: Promise<void>): void {
    const done = pending
      .catch((error: unknown) => {
        this.#failure = { error }
      })
      .then(() => {
        this.#busy = undefined
        this.#options.onReady()
      })
    this.#busy = done
  }

  /**
   * Waits for what is under way and flushes the caches: outputs and changelog records go to the writer. Only while nothing is
   * busy.
   */
  flush(): Pending {
    if (this.#failure !== undefined) throw this.#failure.error
    const work = this.#compiled?.async
    if (work?.underWay === true) return drain(work, this.state)
    const pending = this.state.flush()
    if (work !== undefined && (pending !== undefined || work.underWay)) return drain(work, this.state, pending)
    return pending
  }

  /** The positions were committed with everything before them. */
  committed(positions: ReadonlyMap<TopicPartitionKey, number>): void {
    this.#committed = positions
    this.#committedProcessed = this.processed
    this.#punctuated = false
    this.#context.commitRequested = false
    for (const tap of this.#taps) tap.committed()
  }

  /** Closes without committing: what is uncommitted is dropped. */
  async close(): Promise<void> {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    await this.#busy
    this.#compiled?.close()
    await this.state.close()
  }

  #bindChangelogs(): readonly ChangeTap[] {
    const { spec, state, output, feeds } = this.#options
    // What came from the table's own topic is not written to it again.
    const written = spec.changelogs.filter(({ isInput }) => !isInput)
    const topics = new Map(written.map(({ store, topic }) => [store, topic]))
    return [...state.stores.values()].map((store) => {
      const tap = new ChangeTap(feeds.get(store.name))
      const topic = topics.get(store.name)
      store.changelog = (key, value, timestamp) => {
        // Stores without timestamps have none to give.
        const time = timestamp < 0 ? Math.max(0, this.#context.streamTime) : timestamp
        if (topic !== undefined) output.sendChange(topic, spec.partition, key, value, time)
        if (tap.observed) tap.record(key, value, time)
      }
      return tap
    })
  }
}

/** Waits and flushes in turns: what is passed on fills caches, and these may flush into operators that wait. */
async function drain(work: TaskAsyncWork, state: TaskState, flushing?: Pending): Promise<void> {
  await flushing
  while (work.underWay) {
    await work.drain()
    await state.flush()
  }
}
