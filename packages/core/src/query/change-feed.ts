import type { Encoded } from '@millrace/state-store'

/** One change of a store as its changelog has it. */
export interface EncodedChange {
  readonly key: Encoded
  readonly value: Encoded | null
  readonly timestamp: number
}

/** The committed changes of one store, in all tasks of this process. */
export class ChangeFeed {
  readonly #observers = new Set<(changes: readonly EncodedChange[]) => void>()

  get observed(): boolean {
    return this.#observers.size > 0
  }

  publish(changes: readonly EncodedChange[]): void {
    for (const observer of this.#observers) observer(changes)
  }

  /** Returns what ends the observation. */
  observe(observer: (changes: readonly EncodedChange[]) => void): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }
}

/**
 * Holds what one task changed in a store until it is committed, so that live queries only ever hear of what is committed.
 * Costs nothing while nobody observes.
 */
export class ChangeTap {
  readonly #feed: ChangeFeed | undefined
  #pending: EncodedChange[] = []

  constructor(feed: ChangeFeed | undefined) {
    this.#feed = feed
  }

  get observed(): boolean {
    return this.#feed?.observed === true
  }

  record(key: Encoded, value: Encoded | null, timestamp: number): void {
    this.#pending.push({ key, value, timestamp })
  }

  committed(): void {
    if (this.#pending.length === 0) return
    const changes = this.#pending
    this.#pending = []
    this.#feed?.publish(changes)
  }
}
