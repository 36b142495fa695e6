import type { Encoded } from '../codec.ts'
import type { Headers, ValueAndTimestamp } from '../stores/store.ts'
import type { EntryTable } from './entry-table.ts'

/** What a Map can hold a key by. */
export type Identity = string | number | bigint

/** Same as the database. */
export const CLEAN = 0
/** Written to the changelog, not yet to the database. */
export const FLUSHED = 1
/** Written since the last flush. */
export const DIRTY = 2
export type EntryState = typeof CLEAN | typeof FLUSHED | typeof DIRTY

/** What was there at the last flush: nobody has looked, nothing, or a value. */
export const BASE_UNKNOWN = 0
export const BASE_ABSENT = 1
export const BASE_PRESENT = 2
export type EntryBase = typeof BASE_UNKNOWN | typeof BASE_ABSENT | typeof BASE_PRESENT

export const NO_HEADERS: Headers = Object.freeze([])

/**
 * One key of a store in its cache, as typed objects; an absent value is cached like any other. All fields are set in the
 * constructor, so that the hot path sees one shape.
 */
export class Entry<K, V> {
  readonly id: Identity
  readonly key: K
  readonly table: EntryTable<K, V>
  state: EntryState = CLEAN
  base: EntryBase = BASE_UNKNOWN
  /** Touched since the clock's hand last passed. */
  used = true
  /** Estimated memory, bytes. */
  bytes = 0
  /** undefined: absent. */
  value: V | undefined = undefined
  /** Of the last write. */
  timestamp = 0
  headers: Headers = NO_HEADERS
  /** The value at the last flush, while DIRTY; an object in here may have been changed in place. */
  baseValue: V | undefined = undefined
  /** Of the value at the last flush, while DIRTY. */
  baseTimestamp = 0
  /** The value at the last flush, encoded: while FLUSHED, and where previous values are wanted. */
  encoded: Encoded | undefined = undefined
  /** The pair that `get` hands out: made once for each version. */
  pair: ValueAndTimestamp<V> | undefined = undefined
  /** The key in the database, once it was needed. */
  engineKey: Buffer | undefined = undefined
  /** The key in the changelog, where it is kept. */
  changelogKey: Encoded | undefined = undefined
  /** Neighbours in the list of DIRTY entries, in order of last write. */
  before: Entry<K, V> | null = null
  after: Entry<K, V> | null = null

  constructor(id: Identity, key: K, table: EntryTable<K, V>) {
    this.id = id
    this.key = key
    this.table = table
  }

  get present(): boolean {
    return this.value !== undefined
  }

  /** The value with its timestamp, immutable: it stays as it is when the entry is written again. */
  get current(): ValueAndTimestamp<V> | undefined {
    if (this.value === undefined) return undefined
    this.pair ??= { value: this.value, timestamp: this.timestamp }
    return this.pair
  }
}
