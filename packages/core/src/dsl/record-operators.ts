import type { NewNode } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { RecordView } from '../plan/record-view.ts'
import { json, type Serde } from '../serde/index.ts'
import type { KeyOption, KeySerdeAfter, KeySerdeNeeded, KeySerdeState } from './key-serde.ts'
import { checkSameTopology, keepHandle, type NodeHandle } from './node-handle.ts'
import type { OperatorOptions, ValueOptions } from './operator-options.ts'
import { SplitStream } from './split-stream.ts'
import type { Stream } from './stream.ts'
import type { TypeProblem } from './type-problem.ts'

/** Refuses streams whose keys are of another type. */
export type SameKeys<K, Other> = [K, Other] extends [Other, K]
  ? unknown
  : TypeProblem<'merge: the keys of both streams must be of one type. Change one of them with selectKey before'>

/** What a stream does record by record, without state: the first part of {@link Stream}. */
export class RecordOperators<K, V, State extends KeySerdeState> {
  /** Carries the types. */
  declare protected readonly types: { readonly key: K; readonly value: V; readonly state: State }
  /** @internal */
  protected readonly handle: NodeHandle

  /** @internal */
  constructor(handle: NodeHandle) {
    this.handle = keepHandle(this, handle)
  }

  /**
   * Keeps the records that satisfy the predicate.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const paid = topology('paid', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ status: string }>() })
   *     .filter((order) => order.status === 'paid')
   *     .to('paid-orders')
   * })
   * ```
   */
  filter<W extends V>(
    predicate: (value: V, key: K, record: RecordView) => value is W,
    options?: OperatorOptions,
  ): Stream<K, W, State>
  filter(predicate: (value: V, key: K, record: RecordView) => boolean, options?: OperatorOptions): Stream<K, V, State>
  filter(predicate: (value: V, key: K, record: RecordView) => boolean, options: OperatorOptions = {}): Stream<K, V, State> {
    return this.next('filter', options, { kind: 'filter', predicate, negate: false })
  }

  /**
   * Drops the records that satisfy the predicate: the opposite of `filter`.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const real = topology('real', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ test: boolean }>() })
   *     .filterNot((order) => order.test)
   *     .to('real-orders')
   * })
   * ```
   */
  filterNot<W extends V>(
    predicate: (value: V, key: K, record: RecordView) => value is W,
    options?: OperatorOptions,
  ): Stream<K, Exclude<V, W>, State>
  filterNot(predicate: (value: V, key: K, record: RecordView) => boolean, options?: OperatorOptions): Stream<K, V, State>
  filterNot(predicate: (value: V, key: K, record: RecordView) => boolean, options: OperatorOptions = {}): Any {
    return this.next('filter-not', options, { kind: 'filter', predicate, negate: true })
  }

  /**
   * Computes a new key and value for each record. As the key may change, what groups the result goes through a repartition
   * topic: use `mapValues` where the key stays.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const byPage = topology('by-page', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string; amount: number }>() })
   *     .map((click) => [click.page, click.amount])
   *     .to('amounts-by-page')
   * })
   * ```
   */
  map<NK, NV>(
    mapper: (value: V, key: K, record: RecordView) => readonly [key: NK, value: NV],
    options?: ValueOptions<NonNullable<NV>>,
  ): Stream<NK, NV, KeySerdeAfter<K, NK, State>>
  map<NK, NV>(
    mapper: (value: V, key: K, record: RecordView) => readonly [key: NK, value: NV],
    options: ValueOptions<NonNullable<NV>> & KeySerdeNeeded<NK>,
  ): Stream<NK, NV>
  map(
    mapper: (value: V, key: K, record: RecordView) => readonly [key: Any, value: Any],
    options: ValueOptions<Any> & KeyOption<Any> = {},
  ): Stream<Any, Any, Any> {
    return this.next('map', options, { kind: 'map', mapper }, options.key ?? this.handle.key, options.value ?? json())
  }

  /**
   * Computes a new value for each record; the key stays.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const pages = topology('pages', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .mapValues((click) => click.page, { value: string() })
   *     .to('pages')
   * })
   * ```
   */
  mapValues<NV>(
    mapper: (value: V, key: K, record: RecordView) => NV,
    options: ValueOptions<NonNullable<NV>> = {},
  ): Stream<K, NV, State> {
    return this.next('map-values', options, { kind: 'map-values', mapper }, this.handle.key, options.value ?? json())
  }

  /**
   * Computes any number of records for each record.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const items = topology('items', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ items: { sku: string; count: number }[] }>() })
   *     .flatMap((order) => order.items.map((item) => [item.sku, item.count] as const))
   *     .to('sold-items')
   * })
   * ```
   */
  flatMap<NK, NV>(
    mapper: (value: V, key: K, record: RecordView) => Iterable<readonly [key: NK, value: NV]>,
    options?: ValueOptions<NonNullable<NV>>,
  ): Stream<NK, NV, KeySerdeAfter<K, NK, State>>
  flatMap<NK, NV>(
    mapper: (value: V, key: K, record: RecordView) => Iterable<readonly [key: NK, value: NV]>,
    options: ValueOptions<NonNullable<NV>> & KeySerdeNeeded<NK>,
  ): Stream<NK, NV>
  flatMap(
    mapper: (value: V, key: K, record: RecordView) => Iterable<readonly [key: Any, value: Any]>,
    options: ValueOptions<Any> & KeyOption<Any> = {},
  ): Stream<Any, Any, Any> {
    return this.next('flat-map', options, { kind: 'flat-map', mapper }, options.key ?? this.handle.key, options.value ?? json())
  }

  /**
   * Computes any number of values for each record, all under its key.
   *
   * @example
   * ```ts
   * import { string, topology } from '@millrace/core'
   *
   * export const wordcount = topology('wordcount', (t) => {
   *   t.stream('lines', { key: string(), value: string() })
   *     .flatMapValues((line) => line.toLowerCase().split(/\W+/), { value: string() })
   *     .groupBy((word) => word)
   *     .count({ as: 'counts' })
   *     .to('word-counts')
   * })
   * ```
   */
  flatMapValues<NV>(
    mapper: (value: V, key: K, record: RecordView) => Iterable<NV>,
    options: ValueOptions<NonNullable<NV>> = {},
  ): Stream<K, NV, State> {
    return this.next('flat-map-values', options, { kind: 'flat-map-values', mapper }, this.handle.key, options.value ?? json())
  }

  /**
   * Gives each record a new key; the value stays. What groups the result goes through a repartition topic.
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const byCustomer = topology('by-customer', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ customerId: number }>() })
   *     .selectKey((order) => order.customerId, { key: int32() })
   *     .to('orders-by-customer')
   * })
   * ```
   */
  selectKey<NK>(
    selector: (value: V, key: K, record: RecordView) => NK,
    options?: OperatorOptions,
  ): Stream<NK, V, KeySerdeAfter<K, NK, State>>
  selectKey<NK>(
    selector: (value: V, key: K, record: RecordView) => NK,
    options: OperatorOptions & KeySerdeNeeded<NK>,
  ): Stream<NK, V>
  selectKey(
    selector: (value: V, key: K, record: RecordView) => Any,
    options: OperatorOptions & KeyOption<Any> = {},
  ): Stream<Any, V, Any> {
    return this.next('select-key', options, { kind: 'select-key', selector }, options.key ?? this.handle.key)
  }

  /**
   * Calls a function for each record and passes the record on as it is: for logs and counters. After a crash a record may be
   * seen twice, though its results count once.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const watched = topology('watched', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ status: string }>() })
   *     .peek((order, id, record) => console.log(record.timestamp, id, order.status))
   *     .to('seen-orders')
   * })
   * ```
   */
  peek(action: (value: V, key: K, record: RecordView) => void, options: OperatorOptions = {}): Stream<K, V, State> {
    return this.next('peek', options, { kind: 'peek', action })
  }

  /**
   * The records of both streams, each in its own order. When the result is grouped without a repartition in between, the
   * topics of both must have the same number of partitions: otherwise the plan is refused (NOT_COPARTITIONED).
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the other stream belongs to another topology
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const all = topology('all', (t) => {
   *   const web = t.stream('web-clicks', { key: string(), value: json<{ page: string }>() })
   *   const app = t.stream('app-clicks', { key: string(), value: json<{ screen: string }>() })
   *   web.merge(app).to('all-clicks')
   * })
   * ```
   */
  merge<OK, OV, OtherState extends KeySerdeState>(
    other: Stream<OK, OV, OtherState> & SameKeys<K, OK>,
    options: OperatorOptions = {},
  ): Stream<K, V | OV, State | OtherState> {
    const { graph, fluent, id, key, value } = this.handle
    const right = other.handle
    checkSameTopology('merge', this.handle, right)
    // As in Kafka Streams, a stream that is merged with itself comes once.
    const merged = graph.add(id === right.id ? [id] : [id, right.id], 'merge', options.name, { kind: 'merge' })
    return fluent.stream({
      graph,
      fluent,
      id: merged,
      key: key?.name === right.key?.name ? key : undefined,
      value: value.name === right.value.name ? value : json(),
    })
  }

  /**
   * Cuts the stream into branches: each record goes to the first whose predicate it satisfies. A type guard as predicate
   * narrows the values of its branch, and of the branches after it.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * interface Card { readonly kind: 'card'; readonly number: string }
   * interface Cash { readonly kind: 'cash' }
   *
   * export const payments = topology('payments', (t) => {
   *   const { card, cash } = t
   *     .stream('payments', { key: string(), value: json<Card | Cash>() })
   *     .split()
   *     .branch('card', (payment): payment is Card => payment.kind === 'card')
   *     .defaultBranch('cash')
   *   card.mapValues((payment) => payment.number, { value: string() }).to('card-numbers')
   *   cash.to('cash-payments')
   * })
   * ```
   */
  split(options: OperatorOptions = {}): SplitStream<K, V, State, Record<never, never>> {
    return new SplitStream(this.handle, options.name, new Map())
  }

  /** @internal Adds a node after this one. */
  protected next(
    kind: string,
    options: OperatorOptions,
    node: NewNode,
    key: Serde<Any> | undefined = this.handle.key,
    value: Serde<Any> = this.handle.value,
  ): Stream<Any, Any, Any> {
    const { graph, fluent, id: parent } = this.handle
    return fluent.stream({ graph, fluent, id: graph.add([parent], kind, options.name, node), key, value })
  }
}
