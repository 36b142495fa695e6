import type { ManagedStore } from './stores/managed-store.ts'

/**
 * The clearing of data that nobody can see any more, in the background: it takes as long as it takes, one store after the
 * other.
 */
export class Expiry {
  readonly #stores: readonly ManagedStore[]
  #running: Promise<void> | undefined
  #error: Error | undefined
  #stopping = false

  constructor(stores: readonly ManagedStore[]) {
    this.#stores = stores
  }

  /** Begins, unless it is at it or there is nothing to clear. */
  begin(): void {
    if (this.#running !== undefined || !this.#stores.some((store) => store.hasExpired)) return
    this.#running = this.#clear()
      .catch((error: unknown) => {
        this.#error = error instanceof Error ? error : new Error(String(error))
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Throws what has failed in the background. */
  check(): void {
    if (this.#error !== undefined) throw this.#error
  }

  /** Resolves when it has come to rest; the rest is cleared another time. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
    this.#stopping = false
  }

  async #clear(): Promise<void> {
    for (const store of this.#stores) if (store.hasExpired) await store.expire(() => this.#stopping)
  }
}
