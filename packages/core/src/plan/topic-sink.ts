import type { SinkView } from '../connect/connector.ts'
import type { Windowed } from '../serde/windowed.ts'
import type { Any } from './nodes/node.ts'
import type { Serde } from '../serde/serde.ts'

/**
 * Where records go, as a plain value: a topic, or a view that a sink connector writes (`mysqlView(…)` returns such a value).
 * `K` and `V` are what it can take, so a sink for a wider type fits: they are contravariant.
 */
export type TopicSink<K, V> = SinkOptions<K, V> & (PlainSink | ViewSink)

interface SinkOptions<in K, in V> {
  /** Default: the serde that the stream's keys have already. */
  readonly key?: Serde<Any>
  /** Default: the serde that the stream's values have already, `json()` for computed ones. */
  readonly value?: Serde<Any>
  /** Never set: carries the types. */
  readonly accepts?: (key: K, value: V) => void
}

interface PlainSink {
  readonly topic: string
  readonly view?: undefined
}

interface ViewSink {
  readonly view: SinkView
  /** Default `<app>-<view name>-view`. */
  readonly topic?: string
}

/** What one column of a view can hold. */
export type ColumnValue = string | number | bigint | boolean | Date | Uint8Array | null

/**
 * The keys that a view with these key columns can take. One column: a plain value, or an object with that field. Several: an
 * object with these fields. `windowStart` and `windowEnd` stand for the window: then the key must be windowed.
 *
 * @example
 * ```ts
 * import type { ViewKey } from '@millrace/core'
 *
 * export type Daily = ViewKey<['customerId', 'windowStart']> // Windowed<ColumnValue | { customerId: ColumnValue }>
 * ```
 */
export type ViewKey<Columns extends readonly string[]> =
  Extract<Columns[number], WindowColumn> extends never
    ? KeyOf<Columns[number]>
    : Windowed<KeyOf<Exclude<Columns[number], WindowColumn>>>

/** Names of key columns that are filled from the window. */
export type WindowColumn = 'windowStart' | 'windowEnd'

/** The values that a view can take: an object whose fields are the columns, or with a named value column a plain value. */
export type ViewValue<Column extends string | undefined> = Column extends string ? ColumnValue | object : object

type KeyOf<Column extends string> = IsUnion<Column> extends true ? KeyFields<Column> : ColumnValue | KeyFields<Column>
type KeyFields<Column extends string> = { readonly [C in Column]: ColumnValue }
type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never
