import assert from 'node:assert/strict'
import type { ChangelogRecord } from '../task-state.ts'

/** What a flush tells of one entry; undefined: absent. */
export interface Change<V> {
  readonly id: string
  readonly next: V | undefined
  readonly previous: V | undefined
  readonly timestamp: number
}

/** What a store should hold, as plain maps by an identity of its entries, and what it has written to its changelog. */
export class ModelMap<V> {
  readonly #caching: boolean
  readonly #record: (id: string, value: V | undefined, timestamp: number) => ChangelogRecord
  #current = new Map<string, V>()
  #flushed = new Map<string, V>()
  #committed = new Map<string, V>()
  /** Timestamp of the last write of each entry since the last flush, oldest first. */
  readonly #written = new Map<string, number>()
  /** The store's recorder fills it. */
  readonly changelog: ChangelogRecord[] = []
  #committedLength = 0

  /** @param record - what the changelog should get of an entry */
  constructor(caching: boolean, record: (id: string, value: V | undefined, timestamp: number) => ChangelogRecord) {
    this.#caching = caching
    this.#record = record
  }

  get current(): ReadonlyMap<string, V> {
    return this.#current
  }

  /** As of the last flush. */
  get flushed(): ReadonlyMap<string, V> {
    return this.#flushed
  }

  /** The store was written; undefined: deleted. */
  write(id: string, value: V | undefined, timestamp: number): void {
    set(this.#current, id, value)
    if (this.#caching) {
      this.#written.delete(id)
      this.#written.set(id, timestamp)
      return
    }
    set(this.#flushed, id, value)
    assert.deepEqual(this.changelog.at(-1), this.#record(id, value, timestamp))
  }

  /** To be called before the store is flushed: what it should tell, and what its changelog should be then. */
  flush(): { readonly changes: readonly Change<V>[]; readonly changelog: readonly ChangelogRecord[] } {
    const changes: Change<V>[] = []
    for (const [id, timestamp] of this.#written) {
      const change = { id, next: this.#current.get(id), previous: this.#flushed.get(id), timestamp }
      if (change.next !== undefined || change.previous !== undefined) changes.push(change)
    }
    this.#flushed = new Map(this.#current)
    this.#written.clear()
    const told = changes.map(({ id, next, timestamp }) => this.#record(id, next, timestamp))
    return { changes, changelog: [...this.changelog, ...told] }
  }

  committed(): void {
    this.#committed = new Map(this.#current)
    this.#committedLength = this.changelog.length
  }

  discarded(): void {
    this.#current = new Map(this.#committed)
    this.#flushed = new Map(this.#committed)
    this.#written.clear()
    this.changelog.length = this.#committedLength
  }

  /** The store was restored from its changelog: of what was committed, only this is there. */
  restored(isKept: (id: string) => boolean): void {
    this.#committed = new Map([...this.#committed].filter(([id]) => isKept(id)))
    this.discarded()
  }
}

function set<V>(map: Map<string, V>, id: string, value: V | undefined): void {
  if (value === undefined) map.delete(id)
  else map.set(id, value)
}
