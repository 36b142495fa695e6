import { json } from '../serde/index.ts'
import { addAggregate, COUNT, type Grouped } from './add-aggregate.ts'
import { type CogroupAdd, CogroupedStream } from './cogrouped-stream.ts'
import type { TableStoreOptions } from './operator-options.ts'
import type { Table } from './table.ts'
import { SessionWindowedStream } from './session-windowed-stream.ts'
import type { SessionWindows } from './session-windows.ts'
import type { SlidingWindows } from './sliding-windows.ts'
import { WindowedStream } from './windowed-stream.ts'
import type { TimeWindows } from './windows.ts'

/** How an aggregate is computed from a stream. */
export interface AggregateOptions<K, V, A> extends TableStoreOptions<NonNullable<A>> {
  /** The aggregate before the first record of a key. */
  readonly initial: () => A
  /** The aggregate after a record. Must be a new value, not the old one changed. null deletes the entry. */
  readonly add: (aggregate: NoInfer<A>, value: V, key: K) => NoInfer<A> | null
}

/**
 * Records grouped by key, ready to be aggregated. Made by `groupByKey` and `groupBy` of a stream. Records with a null key or
 * a null value are left out.
 */
export class GroupedStream<K, V> {
  /** @internal */
  readonly input: Grouped

  /** @internal */
  constructor(input: Grouped) {
    this.input = input
  }

  /**
   * Aggregates by key and window.
   *
   * @example
   * ```ts
   * import { json, string, topology, tumbling } from '@millrace/core'
   *
   * export const perMinute = topology('per-minute', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(tumbling({ size: '1m', grace: '10s' }))
   *     .count({ as: 'clicks-per-minute' })
   * })
   * ```
   */
  windowedBy(windows: TimeWindows | SlidingWindows): WindowedStream<K, V>
  /**
   * Aggregates by key and session.
   *
   * @example
   * ```ts
   * import { json, session, string, topology } from '@millrace/core'
   *
   * export const visits = topology('visits', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(session({ gap: '30m' }))
   *     .count({ as: 'clicks-per-visit' })
   * })
   * ```
   */
  windowedBy(windows: SessionWindows): SessionWindowedStream<K, V>
  windowedBy(windows: TimeWindows | SlidingWindows | SessionWindows): WindowedStream<K, V> | SessionWindowedStream<K, V> {
    const windowing = { ...this.input, window: windows, emit: 'on-window-update' } as const
    return windows.type === 'session' ? new SessionWindowedStream(windowing) : new WindowedStream(windowing)
  }

  /**
   * Aggregates this stream together with others, each in its own way, into one table.
   *
   * @param add the aggregate with a record of this stream more; say the aggregate's type here
   *
   * @example
   * ```ts
   * import { int32, string, topology } from '@millrace/core'
   *
   * export const stock = topology('stock', (t) => {
   *   const received = t.stream('received', { key: string(), value: int32() }).groupByKey()
   *   const sold = t.stream('sold', { key: string(), value: int32() }).groupByKey()
   *   received
   *     .cogroup((stock: number, pieces) => stock + pieces)
   *     .cogroup(sold, (stock, pieces) => stock - pieces)
   *     .aggregate({ as: 'stock', initial: () => 0 })
   * })
   * ```
   */
  cogroup<A>(add: CogroupAdd<K, V, A>): CogroupedStream<K, A> {
    return new CogroupedStream([{ ...this.input, add }])
  }

  /**
   * Counts the records of each key.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const counts = topology('counts', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .count({ as: 'clicks-per-user' })
   *     .to('click-counts') // user-1 → 1, user-1 → 2, …
   * })
   * ```
   */
  count(options: TableStoreOptions<number> = {}): Table<K, number> {
    return addAggregate(this.input, 'count', options, COUNT, json())
  }

  /**
   * Merges the values of each key into one of the same type. The first value is taken as it is.
   *
   * @param merge gets the merged value so far and the new one; null deletes the entry
   *
   * @example
   * ```ts
   * import { double, string, topology } from '@millrace/core'
   *
   * export const maxima = topology('maxima', (t) => {
   *   t.stream('celsius', { key: string(), value: double() })
   *     .groupByKey()
   *     .reduce((highest, degrees) => Math.max(highest, degrees), { as: 'highest' })
   *     .to('highest')
   * })
   * ```
   */
  reduce(
    merge: (merged: V, value: V, key: K) => V | null,
    options: TableStoreOptions<NonNullable<V>> = {},
  ): Table<K, NonNullable<V>> {
    return addAggregate(this.input, 'reduce', options, { add: merge }, this.input.grouping.value)
  }

  /**
   * Folds the values of each key into an aggregate of a type of its own.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const revenue = topology('revenue', (t) => {
   *   t.stream('payments', { key: string(), value: json<{ cents: bigint }>() })
   *     .groupByKey()
   *     .aggregate({
   *       as: 'revenue',
   *       initial: () => ({ payments: 0, cents: 0n }),
   *       add: (total, payment) => ({ payments: total.payments + 1, cents: total.cents + payment.cents }),
   *     })
   *     .to('revenue')
   * })
   * ```
   */
  aggregate<A>(options: AggregateOptions<K, V, A>): Table<K, NonNullable<A>> {
    return addAggregate(this.input, 'aggregate', options, { initial: options.initial, add: options.add }, json())
  }
}
