import type { z } from 'zod'

/** What `mysqlView()` was told, checked: how records become rows of a table. */
export interface ViewSpec {
  readonly database: string
  readonly table: string
  /** Columns of the key, in order. For a windowed key `windowStart` and `windowEnd` stand for the window's bounds. */
  readonly key: readonly string[]
  /** Column of a value that is no object. */
  readonly value: string | undefined
  /** Column types by name, where the default is not wanted: `{ cents: 'DECIMAL(20,0) NOT NULL' }`. */
  readonly columns: Readonly<Record<string, string>>
  /** Types of the value's columns. Without it a column is made when the first value that has it arrives. */
  readonly schema: z.ZodObject | undefined
  /** False: the table must exist. */
  readonly create: boolean
}

/** Names that stand for the bounds of a windowed key. */
export const WINDOW_START = 'windowStart'
export const WINDOW_END = 'windowEnd'
