import type { CatalogColumn } from '../types/columns/index.ts'
import type { TableName } from '../types/table-name.ts'
import type { TableSpec } from './table-spec.ts'

/** A table that is read, and the topic that its rows go to, as preflight found it. */
export interface CapturedTable {
  readonly topic: string
  readonly spec: TableSpec
  /** As the server writes it. */
  readonly name: TableName
  readonly columns: readonly CatalogColumn[]
  /** Columns of the record's key, in the order of the spec. */
  readonly key: readonly string[]
  /** The same columns in the order of their index: the order in which the snapshot goes through the table. */
  readonly order: readonly string[]
  /** The key is the primary key (not another unique one). */
  readonly byPrimaryKey: boolean
}
