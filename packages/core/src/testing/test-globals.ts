import { memoryEngine, openTaskState, type StateEngine, type TaskState } from '@millrace/state-store'
import type { LogRecord } from '../log/records/index.ts'
import { compileGlobals, type RecordCollector, type SourceInput } from '../operators/index.ts'
import type { TopologyPlan } from '../plan/topology-plan.ts'

export interface TestGlobalsOptions {
  readonly plan: TopologyPlan
  readonly engine: (name: string) => StateEngine
  readonly collector: RecordCollector
}

/** The global tables of a topology under test: a record of their topics is in them at once. */
export class TestGlobals {
  readonly state: TaskState
  readonly #inputs: ReadonlyMap<string, SourceInput>

  static async open({ plan, engine, collector }: TestGlobalsOptions): Promise<TestGlobals> {
    const stores = plan.globals.flatMap(({ store }) => plan.stores.get(store)?.definition ?? [])
    const state = await openTaskState({ engine: stores.length === 0 ? memoryEngine() : engine('globals'), stores })
    return new TestGlobals(plan, state, collector)
  }

  private constructor(plan: TopologyPlan, state: TaskState, collector: RecordCollector) {
    this.state = state
    this.#inputs = compileGlobals(plan, {
      taskId: 'globals',
      partition: 0,
      state,
      globals: state,
      collector,
      streamTime: -1,
      wallClock: () => 0,
      dropped() {},
      requestCommit() {},
      wake() {},
    })
  }

  /** Takes a record, if its topic is that of a global table. */
  async update(topic: string, record: LogRecord): Promise<void> {
    const input = this.#inputs.get(topic)
    if (input !== undefined && input.load(record) >= 0) await input.process()
  }

  async commit(): Promise<void> {
    await this.state.flush()
    if (this.state.dirty) await this.state.commit({ changelogs: {}, inputs: {} })
  }

  async close(): Promise<void> {
    await this.state.close()
  }
}
