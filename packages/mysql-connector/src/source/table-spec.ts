import type { z } from 'zod'
import type { TableName } from '../types/table-name.ts'

/** What `mysqlTable()` was told, checked: one table and how it is read. */
export interface TableSpec extends TableName {
  /** Columns of the record's key, in that order; undefined: the primary key's. */
  readonly key: readonly string[] | undefined
  /** What the rows must fit; undefined: any. */
  readonly schema: z.ZodObject | undefined
  readonly snapshot: SnapshotMode
}

/** What is read before the changes: the rows that are there at the first start, or nothing. */
export type SnapshotMode = 'initial' | 'never'
