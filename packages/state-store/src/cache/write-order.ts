import type { Pending } from '../task-state.ts'

/** What can be in the order of writes; the order alone sets these fields. */
export interface Written<E> {
  /** Neighbours, while it is in. */
  before: E | null
  after: E | null
}

/** What was written since the last flush, in order of last write: a list through its members, so that a write allocates nothing. */
export class WriteOrder<E extends Written<E>> {
  #oldest: E | null = null
  #newest: E | null = null

  get isEmpty(): boolean {
    return this.#oldest === null
  }

  /** Adds what is not in. */
  append(entry: E): void {
    entry.before = this.#newest
    if (this.#newest === null) this.#oldest = entry
    else this.#newest.after = entry
    this.#newest = entry
  }

  /** What is in was written again. */
  moveToEnd(entry: E): void {
    if (entry === this.#newest) return
    this.#remove(entry)
    this.append(entry)
  }

  /** Takes out the oldest, one after the other, also what `flush` itself adds. */
  drain(flush: (entry: E) => Pending): Pending {
    for (let entry = this.#oldest; entry !== null; entry = this.#oldest) {
      this.#remove(entry)
      const pending = flush(entry)
      if (pending !== undefined) return pending.then(() => this.drain(flush))
    }
  }

  clear(): void {
    this.#oldest = null
    this.#newest = null
  }

  #remove(entry: E): void {
    const { before, after } = entry
    if (before === null) this.#oldest = after
    else before.after = after
    if (after === null) this.#newest = before
    else after.before = before
    entry.before = null
    entry.after = null
  }
}
