import type { ByteReader } from './byte-reader.ts'

/**
 * How a value's text goes into JSON.
 * - `number`: as it is; `plain`: in quotes, nothing to escape; `text`: in quotes, escaped
 * - `bytes`: base64, as `{"~b":"…"}`; `bigint`: as `{"~n":"…"}`
 */
export type TextForm = 'number' | 'plain' | 'text' | 'bytes' | 'bigint'

/** A column as a TABLE_MAP event describes it. */
export interface TableMapColumn {
  readonly name: string
  /** Code of the type (MySQL's enum_field_types), ENUM and SET resolved. */
  readonly type: number
  /** The type's own bytes of metadata as one number, first byte lowest. */
  readonly metadata: number
  readonly unsigned: boolean
  /** Id of the collation, for text, ENUM and SET; undefined where the server sends none. */
  readonly collation: number | undefined
  /** Values of an ENUM or SET, as raw bytes in its character set. */
  readonly members: readonly Buffer[]
  /** What information_schema calls the type now, for the few that the binlog cannot tell apart (uuid, inet6, inet4 on MariaDB). */
  readonly logicalType: string | undefined
}

/** Reads a column's values from row images in the binlog. */
export interface BinlogColumn {
  readonly form: TextForm
  /** The value's exact text; moves the reader past it. Never called for NULL. */
  read(bytes: ByteReader): string
  skip(bytes: ByteReader): void
}

/** A column as information_schema describes it. */
export interface CatalogColumn {
  readonly name: string
  /** `bigint`, `varchar`, … */
  readonly dataType: string
  /** `bigint(20) unsigned`, `enum('a','b')`, … */
  readonly columnType: string
  readonly nullable: boolean
  /** Null for columns without one. */
  readonly charset: string | null
  readonly collation: string | null
  /** Digits after the seconds, for temporal types. */
  readonly fractionalDigits: number
  /** `auto_increment`, `VIRTUAL GENERATED`, … */
  readonly extra: string
}

/** Reads a column's values from the result of a query over the text protocol. */
export interface SnapshotColumn {
  readonly form: TextForm
  /** The expression to select, given the quoted name. */
  select(name: string): string
  /** The same text as `BinlogColumn.read` gives. `value` is what mysql2 made of the selected expression; never null. */
  text(value: unknown): string
  /** The text as a literal that compares with the column as its index does; undefined where there is none. */
  literal?(text: string): string
}
