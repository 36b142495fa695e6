import { type Encoded, memoryEngine, openTaskState, type TaskState } from '@millrace/state-store'
import type { Topology } from '../src/dsl/index.ts'
import { type LogRecord, RecordBatchBuilder } from '../src/log/records/index.ts'
import { compileTask, type RecordCollector, type SourceInput } from '../src/operators/index.ts'
import { planTopology } from '../src/plan/index.ts'

/** The first task of a topology, over memory: what is sent is encoded into batches that are thrown away. */
export class BenchTask {
  readonly sent: ThrowAwayLog
  readonly #state: TaskState
  readonly #inputs: ReadonlyMap<string, SourceInput>

  static async open(topology: Topology, { caching }: { readonly caching: boolean }): Promise<BenchTask> {
    const plan = planTopology(topology, { caching })
    const [subtopology] = plan.subtopologies
    if (subtopology === undefined) throw new Error('The plan has no sub-topology')
    const state = await openTaskState({
      engine: memoryEngine(),
      stores: [...plan.stores.values()].map(({ definition }) => definition),
      cacheMaxBytes: 512 * 1024 * 1024,
    })
    const sent = new ThrowAwayLog()
    for (const store of state.stores.values()) {
      store.changelog = (key, value, timestamp) => sent.append(Math.max(0, timestamp), key, value)
    }
    const { inputs } = compileTask(plan, subtopology, {
      taskId: `${subtopology.name}_0`,
      partition: 0,
      state,
      globals: state,
      collector: sent,
      streamTime: -1,
      wallClock: () => 0,
      dropped() {},
      requestCommit() {},
      wake() {},
    })
    return new BenchTask(state, inputs, sent)
  }

  private constructor(state: TaskState, inputs: ReadonlyMap<string, SourceInput>, sent: ThrowAwayLog) {
    this.#state = state
    this.#inputs = inputs
    this.sent = sent
  }

  /** Processes each record as one of each of these topics, then commits. Returns the CPU that took, µs. */
  async run(records: readonly LogRecord[], topics: readonly string[]): Promise<number> {
    const inputs = topics.map((topic) => this.#input(topic))
    const before = process.cpuUsage()
    for (const record of records) {
      for (const input of inputs) {
        if (input.load(record) < 0) continue
        const pending = input.process()
        if (pending !== undefined) await pending
      }
    }
    await this.#state.flush()
    await this.#state.commit({ changelogs: {}, inputs: {} })
    const { user, system } = process.cpuUsage(before)
    return user + system
  }

  close(): Promise<void> {
    return this.#state.close()
  }

  #input(topic: string): SourceInput {
    const input = this.#inputs.get(topic)
    if (input === undefined) throw new Error(`The task does not read ${topic}`)
    return input
  }
}

/** Encodes what it is sent, as the log's writer does, and forgets it. */
class ThrowAwayLog implements RecordCollector {
  count = 0
  readonly #batch = new RecordBatchBuilder({ initialBytes: 1024 * 1024, maxBytes: 900_000 })

  send(_topic: string, key: Encoded | null, value: Encoded | null, timestamp: number): void {
    this.append(timestamp, key, value)
  }

  partitions(): number {
    return 1
  }

  lookUp(): void {}

  append(timestamp: number, key: Encoded | null, value: Encoded | null): void {
    this.count++
    if (this.#batch.append(timestamp, key, value)) return
    this.#batch.finish()
    this.#batch.reset()
    this.#batch.append(timestamp, key, value)
  }
}
