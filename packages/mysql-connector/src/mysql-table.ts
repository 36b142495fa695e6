import { type Duration, json, type OnInvalid, string, type Serde, type TopicSource } from '@millrace/core'
import type { z } from 'zod'
import { mysqlConnector } from './connector.ts'
import { MysqlConnectorError } from './errors.ts'
import { eventTime, keySerde, rowSerde } from './rows/index.ts'
import type { SnapshotMode, TableSpec } from './source/index.ts'
import type { Row } from './types/row.ts'
import { parseTableName } from './types/table-name.ts'

interface CommonOptions {
  /** Topic that the rows go to. Default `<app>-<database.table>-feed`. */
  readonly topic?: string
  /** Partitions of the topic when it is created. Default: the app's. */
  readonly partitions?: number
  /**
   * How long the topic keeps rows, counted from their commit. Default: forever, and for a table that is not read as a stream
   * the last version of each row. Longer than the app may ever be away or behind.
   */
  readonly retention?: Duration
  /** What happens to a row that breaks the schema. Default `stop`. */
  readonly onInvalid?: OnInvalid
  /** `initial` (default): the rows that are there at the first start come first; `never`: only changes from then on. */
  readonly snapshot?: SnapshotMode
}

/** Options of a table whose rows are typed by a schema. */
export interface SchemaTableOptions<Schema extends z.ZodObject, Key extends TableKey<Schema>> extends CommonOptions {
  /**
   * The columns that the program uses, by name, and their types. Columns that it does not name are left out of the rows.
   *
   * - BIGINT: `z.bigint()`; other whole numbers, YEAR: `z.int()`; FLOAT, DOUBLE: `z.number()`
   * - DECIMAL, text, TIME, JSON (as JSON text): `z.string()`; ENUM: `z.enum([…])`; TINYINT(1), BIT(1): `z.boolean()`
   * - DATE, DATETIME, TIMESTAMP: `z.date()` (read as UTC, to the millisecond), or `z.string()` for every digit and zero dates
   * - BINARY, BLOB: `z.instanceof(Uint8Array)`
   * - a column that can be NULL: `.nullable()`, or `.optional()` for undefined
   */
  readonly schema: Schema
  /**
   * Column of the record's key, or a list of them (then keys are objects). They must be the primary key, or a unique key without NULLs.
   * Default: the primary key, as text.
   */
  readonly key?: Key
  /** Column of the event time. Default: when the change was committed; for rows of the snapshot when they were read. */
  readonly time?: TimeColumn<Schema>
}

/** Options of a table whose rows are read as they are. */
export interface RowTableOptions<Key extends string | readonly string[]> extends CommonOptions {
  readonly schema?: undefined
  readonly key?: Key
  /** Column of the event time: a DATETIME or TIMESTAMP (UTC), or whole milliseconds since the epoch. */
  readonly time?: string
}

/** A column of the schema, or several. */
export type TableKey<Schema extends z.ZodObject> = ColumnOf<Schema> | readonly ColumnOf<Schema>[] | undefined

type ColumnOf<Schema extends z.ZodObject> = Extract<keyof z.output<Schema>, string>

/** Type of the records' keys: the column's own; an object of the columns' for several; text when none was named. */
export type KeyOf<Fields, Key> = Key extends keyof Fields
  ? Fields[Key]
  : Key extends readonly (infer Column)[]
    ? { readonly [C in Extract<Column, keyof Fields>]: Fields[C] }
    : string

/** Columns that are a date in every row. */
export type TimeColumn<Schema extends z.ZodObject> = {
  [C in ColumnOf<Schema>]: z.output<Schema>[C] extends Date ? C : never
}[ColumnOf<Schema>]

/**
 * Rows of a MySQL or MariaDB table as records: first those that are there, then every change as it is committed, in the
 * order of the binlog, each exactly once. As a table (`t.table`) it follows updates and deletions; as a stream (`t.stream`)
 * it yields each row version, and leaves deletions out. A row whose key changes is deleted under the old key and written
 * under the new one.
 *
 * What is on the topic, for other programs:
 * - key: text of the key column (BIGINT `42`, DATETIME `2026-01-01 00:00:00`, binary columns in base64); of several columns a
 *   JSON list of these texts, `["7","north"]`
 * - value: the row as a JSON object with every column, as `json()` writes it. Numbers: whole numbers up to 32 bits, YEAR,
 *   BIT up to 53 bits, FLOAT and DOUBLE (shortest text that reads back as the same value). Text: BIGINT and DECIMAL;
 *   temporal types with all their fractional digits, TIMESTAMP in UTC, zero dates as `0000-00-00`; ENUM, SET; JSON columns as
 *   the server prints them. Binary columns, geometries and vectors: `{"~b":"base64"}`; longer BIT: `{"~n":"decimal"}`
 * - a deleted row: null
 * - header `op`: `r` (snapshot), `c` (insert), `u` (update), `d` (delete)
 * - timestamp: when the change was committed, ms; for rows of the snapshot when they were read
 *
 * @throws {MysqlConnectorError} MYSQL_OPTIONS_INVALID
 *
 * @example
 * ```ts
 * import { topology } from '@millrace/core'
 * import { mysqlTable } from '@millrace/mysql-connector'
 * import { z } from 'zod'
 *
 * const Payment = z.object({ id: z.bigint(), customerId: z.int(), amount: z.string(), paidAt: z.date() })
 *
 * export const large = topology('large', (t) => {
 *   t.stream(mysqlTable('shop.payments', { schema: Payment, key: 'id', time: 'paidAt' }))
 *     .filter((payment) => Number(payment.amount) > 1000)
 *     .to('large-payments')
 * })
 * ```
 */
export function mysqlTable<Schema extends z.ZodObject, const Key extends TableKey<Schema> = undefined>(
  table: string,
  options: SchemaTableOptions<Schema, Key>,
): TopicSource<KeyOf<z.output<Schema>, Key>, z.output<Schema>>
export function mysqlTable<const Key extends string | readonly string[] = string>(
  table: string,
  options?: RowTableOptions<Key>,
): TopicSource<KeyOf<Record<string, string>, Key>, Row>
export function mysqlTable<K, V>(name: string, options: AnyTableOptions = {}): TopicSource<K, V> {
  const spec = tableSpec(name, options)
  // The overloads say what these types really are.
  const key = (options.key === undefined ? string() : keySerde(name, options.key, spec.schema)) as Serde<K>
  const value = (spec.schema === undefined ? json<Row>() : rowSerde(name, spec.schema, spec.key)) as Serde<V>
  return {
    feed: { connector: mysqlConnector, name, spec },
    key,
    value,
    tombstones: 'skip',
    ...(options.time === undefined ? {} : { timestamp: eventTime(name, options.time) }),
    ...(options.topic === undefined ? {} : { topic: options.topic }),
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    ...(options.retention === undefined ? {} : { retention: options.retention }),
    ...(options.onInvalid === undefined ? {} : { onInvalid: options.onInvalid }),
  }
}

interface AnyTableOptions extends CommonOptions {
  readonly schema?: z.ZodObject | undefined
  readonly key?: string | readonly string[] | undefined
  readonly time?: string
}

function tableSpec(name: string, options: AnyTableOptions): TableSpec {
  const key = options.key === undefined || typeof options.key === 'string' ? options.key : [...options.key]
  const columns = typeof key === 'string' ? [key] : key
  if (columns?.length === 0 || new Set(columns).size !== (columns?.length ?? 0)) {
    throw new MysqlConnectorError(
      'MYSQL_OPTIONS_INVALID',
      `mysqlTable('${name}'): 'key' must name one column or more, each once.`,
    )
  }
  return { ...parseTableName(name), key: columns, schema: options.schema, snapshot: options.snapshot ?? 'initial' }
}
