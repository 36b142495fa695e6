import type { Pending } from '@millrace/state-store'
import { guarded } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'

/** An operator that acts when event time moves on although no record has come. */
export interface IdleListener {
  /** @param elapsed - how long nothing has come, ms */
  idle(elapsed: number): Pending
}

/** Has an operator told of idle time. Operators are made downstream first, and told upstream first. */
export function listening<T extends IdleListener>(operator: T, scope: OperatorScope): T {
  scope.idleListeners.unshift(operator)
  return operator
}

/** How often it is looked whether a task is silent, in parts of the time after which it is. */
const LOOKS = 4

/**
 * Moves the event times of a task's operators on with the wall clock, when no input has brought a record for `after` ms
 * (option `idleAfter` of a source). What comes late afterwards is late.
 */
export class IdleTime {
  readonly #after: number
  readonly #scope: OperatorScope
  #lastRecord: number

  constructor(after: number, scope: OperatorScope) {
    this.#after = after
    this.#scope = scope
    this.#lastRecord = scope.task.wallClock()
    scope.punctuation.byWallClock.add(this.#lastRecord + after, Math.ceil(after / LOOKS), (now) => this.#look(now))
  }

  recordCame(): void {
    this.#lastRecord = this.#scope.task.wallClock()
  }

  #look(now: number): Pending {
    const elapsed = now - this.#lastRecord
    if (elapsed < this.#after) return
    const { record, task } = this.#scope
    record.fromNowhere()
    return guarded(() => this.#tell(0, elapsed), record, task.taskId)
  }

  /** Upstream first. */
  #tell(first: number, elapsed: number): Pending {
    const { idleListeners } = this.#scope
    for (let i = first; i < idleListeners.length; i++) {
      const pending = idleListeners[i]?.idle(elapsed)
      if (pending !== undefined) return pending.then(() => this.#tell(i + 1, elapsed))
    }
  }
}
