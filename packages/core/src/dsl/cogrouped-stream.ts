import { json } from '../serde/index.ts'
import { addCogroup, type CogroupInput } from './add-aggregate.ts'
import type { GroupedStream } from './grouped-stream.ts'
import type { TableStoreOptions, WindowStoreOptions } from './operator-options.ts'
import type { SessionWindows } from './session-windows.ts'
import type { SlidingWindows } from './sliding-windows.ts'
import type { Table } from './table.ts'
import type { WindowedTable } from './windowed-table.ts'
import type { TimeWindows } from './windows.ts'

/** How the aggregate of several streams begins. */
export interface CogroupOptions<A> extends TableStoreOptions<NonNullable<A>> {
  /** The aggregate before the first record of a key. */
  readonly initial: () => A
}

/** The same by window. */
export interface WindowedCogroupOptions<A> extends Omit<CogroupOptions<A>, 'versioned'>, WindowStoreOptions<NonNullable<A>> {}

/** The same by session. */
export interface SessionCogroupOptions<K, A> extends WindowedCogroupOptions<A> {
  /** The aggregate of two sessions that a record has joined. */
  readonly merge: (key: K, aggregate: NoInfer<A>, session: NoInfer<A>) => NoInfer<A> | null
}

/** The aggregate with a record more. Must be a new value. null deletes the entry. */
export type CogroupAdd<K, V, A> = (aggregate: A, value: V, key: K) => A | null

/**
 * Several grouped streams with keys of one type, to be aggregated into one table, each in its own way. Made by `cogroup` of a
 * grouped stream.
 */
export class CogroupedStream<K, A> {
  readonly #inputs: readonly CogroupInput[]

  /** @internal */
  constructor(inputs: readonly CogroupInput[]) {
    this.#inputs = inputs
  }

  /**
   * Adds another stream.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * interface Customer {
   *   readonly orders: number
   *   readonly visits: number
   * }
   *
   * export const customers = topology('customers', (t) => {
   *   const orders = t.stream('orders', { key: string(), value: json<{ cents: number }>() }).groupByKey()
   *   const visits = t.stream('visits', { key: string(), value: json<{ page: string }>() }).groupByKey()
   *   orders
   *     .cogroup((customer: Customer) => ({ ...customer, orders: customer.orders + 1 }))
   *     .cogroup(visits, (customer) => ({ ...customer, visits: customer.visits + 1 }))
   *     .aggregate({ as: 'customers', initial: () => ({ orders: 0, visits: 0 }) })
   * })
   * ```
   */
  cogroup<V>(grouped: GroupedStream<K, V>, add: CogroupAdd<K, V, A>): CogroupedStream<K, A> {
    return new CogroupedStream([...this.#inputs, { ...grouped.input, add }])
  }

  /** Aggregates by key and session. */
  windowedBy(windows: SessionWindows): SessionCogroupedStream<K, A>
  /** Aggregates by key and window. */
  windowedBy(windows: TimeWindows | SlidingWindows): WindowedCogroupedStream<K, A>
  windowedBy(
    windows: TimeWindows | SlidingWindows | SessionWindows,
  ): WindowedCogroupedStream<K, A> | SessionCogroupedStream<K, A> {
    if (windows.type === 'session') return new SessionCogroupedStream(this.#inputs, windows)
    return new WindowedCogroupedStream(this.#inputs, windows)
  }

  /**
   * Aggregates by key. Records with a null key or value are left out.
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
   *     .to('stock')
   * })
   * ```
   */
  aggregate(options: CogroupOptions<A>): Table<K, NonNullable<A>> {
    return addCogroup(this.#inputs, options, { initial: options.initial }, json())
  }
}

/** Several grouped streams by key and window. Made by `windowedBy` of cogrouped streams. */
export class WindowedCogroupedStream<K, A> {
  readonly #inputs: readonly CogroupInput[]
  readonly #windows: TimeWindows | SlidingWindows

  /** @internal */
  constructor(inputs: readonly CogroupInput[], windows: TimeWindows | SlidingWindows) {
    this.#inputs = inputs
    this.#windows = windows
  }

  /**
   * Aggregates by key and window. Each stream has its own stream time, by which its records are late.
   *
   * @example
   * ```ts
   * import { int32, string, topology, tumbling } from '@millrace/core'
   *
   * export const turnover = topology('turnover', (t) => {
   *   const sales = t.stream('sales', { key: string(), value: int32() }).groupByKey()
   *   const refunds = t.stream('refunds', { key: string(), value: int32() }).groupByKey()
   *   sales
   *     .cogroup((cents: number, sale) => cents + sale)
   *     .cogroup(refunds, (cents, refund) => cents - refund)
   *     .windowedBy(tumbling({ size: '1d', grace: '1h' }))
   *     .aggregate({ as: 'turnover-per-day', initial: () => 0 })
   * })
   * ```
   */
  aggregate(options: WindowedCogroupOptions<A>): WindowedTable<K, NonNullable<A>> {
    return addCogroup(this.#inputs, options, { initial: options.initial, window: this.#windows }, json())
  }
}

/** Several grouped streams by key and session. Made by `windowedBy(session(…))` of cogrouped streams. */
export class SessionCogroupedStream<K, A> {
  readonly #inputs: readonly CogroupInput[]
  readonly #windows: SessionWindows

  /** @internal */
  constructor(inputs: readonly CogroupInput[], windows: SessionWindows) {
    this.#inputs = inputs
    this.#windows = windows
  }

  /**
   * Aggregates by key and session.
   *
   * @example
   * ```ts
   * import { json, session, string, topology } from '@millrace/core'
   *
   * export const visits = topology('visits', (t) => {
   *   const clicks = t.stream('clicks', { key: string(), value: json<{ page: string }>() }).groupByKey()
   *   const searches = t.stream('searches', { key: string(), value: string() }).groupByKey()
   *   clicks
   *     .cogroup((steps: string[], click) => [...steps, click.page])
   *     .cogroup(searches, (steps, words) => [...steps, `search: ${words}`])
   *     .windowedBy(session({ gap: '30m' }))
   *     .aggregate({ as: 'visits', initial: () => [], merge: (_user, steps, more) => [...steps, ...more] })
   * })
   * ```
   */
  aggregate(options: SessionCogroupOptions<K, A>): WindowedTable<K, NonNullable<A>> {
    const { initial, merge } = options
    return addCogroup(this.#inputs, options, { initial, merge, window: this.#windows }, json())
  }
}
