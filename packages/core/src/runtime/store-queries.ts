import type { Store } from '@millrace/state-store'

interface Query {
  readonly store: string
  readonly answer: (instances: readonly Store[]) => Promise<void>
}

/** Queries that wait for a moment between two commits at which all instances of their store in this process can be read. */
export class StoreQueries {
  #waiting: readonly Query[] = []

  /** Resolves to what `read` makes of the store's instances. */
  add<T>(store: string, read: (instances: readonly Store[]) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting = [...this.#waiting, { store, answer: (instances) => read(instances).then(resolve, reject) }]
    return promise
  }

  /** Whether there is one whose store is ready. */
  some(isReady: (store: string) => boolean): boolean {
    return this.#waiting.some(({ store }) => isReady(store))
  }

  /** Answers those whose store is ready. Only while nothing is uncommitted. */
  async answer(isReady: (store: string) => boolean, instancesOf: (store: string) => readonly Store[]): Promise<void> {
    const ready = this.#waiting.filter(({ store }) => isReady(store))
    this.#waiting = this.#waiting.filter((query) => !ready.includes(query))
    for (const { store, answer } of ready) await answer(instancesOf(store))
  }
}
