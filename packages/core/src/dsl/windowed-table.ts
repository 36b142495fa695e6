import type { Windowed } from '../serde/windowed.ts'
import type { Table } from './table.ts'

/** A table with an entry for each key in each window: what windowed aggregates return. Its keys are {@link Windowed}. */
export type WindowedTable<K, V> = Table<Windowed<K>, V>
