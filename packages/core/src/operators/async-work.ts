import type { Pending } from '@millrace/state-store'
import type { CurrentRecord } from './current-record.ts'
import { guarded } from './operator-failure.ts'
import type { TaskAsyncWork, TaskContext } from './task-context.ts'

/** An operator whose records may be under way while the task goes on. */
export interface AsyncOperator {
  /** Records that were taken, and whose results were not passed on. */
  readonly underWay: number
  /** True when `passOn` has something to do. */
  readonly hasReady: boolean
  /** Passes on the results that are there. */
  passOn(): Pending
}

/**
 * What the asynchronous operators of a task have under way. Results are passed on where nothing else of the task is going on:
 * by the task between two records, and before a commit, which waits for all of them.
 */
export class AsyncWork implements TaskAsyncWork {
  readonly #operators: AsyncOperator[] = []
  readonly #record: CurrentRecord
  readonly #task: Pick<TaskContext, 'taskId' | 'wake'>
  #waiting: (() => void)[] = []

  constructor(record: CurrentRecord, task: Pick<TaskContext, 'taskId' | 'wake'>) {
    this.#record = record
    this.#task = task
  }

  add(operator: AsyncOperator): void {
    // Operators are made children first: those above pass on first.
    this.#operators.unshift(operator)
  }

  get underWay(): boolean {
    return this.#operators.some(({ underWay }) => underWay > 0)
  }

  get hasReady(): boolean {
    return this.#operators.some(({ hasReady }) => hasReady)
  }

  /** Resolves when the next result has come. */
  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  /** A result has come. */
  arrived(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
    this.#task.wake()
  }

  /** Passes on the results that are there. */
  passOn(): Pending {
    return guarded(() => this.#passOnFrom(0), this.#record, this.#task.taskId)
  }

  /** Resolves when nothing is under way: all results were passed on. */
  async drain(): Promise<void> {
    while (this.underWay) {
      if (!this.hasReady) await this.next()
      await this.passOn()
    }
  }

  #passOnFrom(first: number): Pending {
    for (let i = first; i < this.#operators.length; i++) {
      const pending = this.#operators[i]?.passOn()
      if (pending !== undefined) return pending.then(() => this.#passOnFrom(i + 1))
    }
  }
}
