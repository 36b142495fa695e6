import type { TaskState } from '@millrace/state-store'
import type { GlobalStores, RecordCollector, TaskContext } from '../operators/index.ts'
import type { StreamTaskOptions } from './stream-task.ts'

/** The task's side of TaskContext: what operators may only read, the task writes here. */
export class StreamTaskContext implements TaskContext {
  readonly taskId: string
  readonly partition: number
  readonly state: TaskState
  readonly collector: RecordCollector
  readonly onProcessingError: 'stop' | 'continue'
  streamTime: number = -1
  commitRequested: boolean = false
  readonly globals: GlobalStores
  /** Operator → reason → records dropped. */
  readonly #drops: Map<string, Map<string, number>>
  readonly #onReady: () => void

  constructor(options: StreamTaskOptions, drops: Map<string, Map<string, number>>) {
    this.taskId = options.spec.id
    this.partition = options.spec.partition
    this.state = options.state
    this.collector = options.output
    this.globals = options.globals
    this.onProcessingError = options.onProcessingError
    this.#drops = drops
    this.#onReady = options.onReady
    this.state.clock = () => this.streamTime
  }

  wallClock(): number {
    return Date.now()
  }

  dropped(operator: string, reason: string): void {
    let reasons = this.#drops.get(operator)
    if (reasons === undefined) this.#drops.set(operator, (reasons = new Map()))
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  wake(): void {
    this.#onReady()
  }
}
