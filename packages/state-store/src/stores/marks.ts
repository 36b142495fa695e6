import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import { parseStateRecord } from '../layout/header.ts'
import { marksKey } from '../layout/keys.ts'
import type { ChangelogWriter } from '../task-state.ts'
import type { StoreMarks } from './store.ts'

/** The key of the marks in a changelog: no entry has an empty one, each ends with a time. */
const CHANGELOG_KEY = ''

/**
 * Numbers that the operators of a store keep with it (how far event time has come, up to where windows were emitted):
 * durable with its entries, and in its changelog.
 */
export class Marks implements StoreMarks {
  readonly #engineKey: Buffer
  #values: readonly (number | null)[]
  #flushed: readonly (number | null)[]
  #committed: readonly (number | null)[]

  constructor(id: number, engine: StateEngine) {
    this.#engineKey = marksKey(id)
    const text = engine.get(this.#engineKey)
    this.#committed = text === undefined ? [] : parseStateRecord<(number | null)[]>(engine, 'marks of a store', text)
    this.#values = this.#committed
    this.#flushed = this.#committed
  }

  get(index: number): number | undefined {
    return this.#values[index] ?? undefined
  }

  set(index: number, value: number): void {
    if (this.#values[index] === value) return
    const values = this.#values === this.#flushed ? [...this.#values] : (this.#values as (number | null)[])
    while (values.length <= index) values.push(null)
    values[index] = value
    this.#values = values
  }

  get hasUnflushed(): boolean {
    return this.#values !== this.#flushed
  }

  get hasUncommitted(): boolean {
    return this.#values !== this.#committed
  }

  flush(changelog: ChangelogWriter | null): void {
    if (!this.hasUnflushed) return
    this.#flushed = this.#values
    // Event times: a record as young as what it speaks of is not taken for old by the log's retention.
    const newest = this.#values.reduce<number>((greatest, value) => Math.max(greatest, value ?? 0), 0)
    changelog?.(CHANGELOG_KEY, JSON.stringify(this.#values), newest)
  }

  collect(batch: EngineOperation[]): void {
    if (this.hasUncommitted) batch.push({ type: 'put', key: this.#engineKey, value: JSON.stringify(this.#values) })
  }

  committed(): void {
    this.#committed = this.#values
  }

  discard(): void {
    this.#values = this.#committed
    this.#flushed = this.#committed
  }

  wiped(): void {
    this.#committed = []
    this.discard()
  }

  /** Takes a record of the changelog, if it is one of marks. */
  restore(key: Uint8Array, value: Uint8Array | null): boolean {
    if (key.length > 0) return false
    this.#values = value === null ? [] : (JSON.parse(Buffer.from(value).toString()) as (number | null)[])
    this.#flushed = this.#values
    return true
  }
}
