import type { Encoded } from '../codec.ts'
import type { Pending } from '../task-state.ts'
import type { Entry } from './entry.ts'
import type { EntryTable } from './entry-table.ts'

/** How one kind of store lays out its entries; its write-back cache asks. */
export interface StoreForm<K, V> {
  engineKey(key: K, table: EntryTable<K, V>): Buffer
  changelogKey(entry: Entry<K, V>): Encoded
  /** The value as the database keeps it. */
  engineValue(encoded: Encoded, timestamp: number): Encoded
  /** Where the plain value begins in a database value. */
  readonly valueOffset: number
  timestampOf(engineValue: Buffer): number
  /** True for entries that nobody can see any more: they are not written. */
  isExpired(table: EntryTable<K, V>): boolean
  /** Calls the flush listener, if there is one. */
  notify(entry: Entry<K, V>, previous: V | undefined): Pending
  /** Whether `notify` wants the previous value. */
  readonly wantsPrevious: boolean
}
