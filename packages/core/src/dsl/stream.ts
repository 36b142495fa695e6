import { MillraceError } from '../errors.ts'
import type { NewNode } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { RecordView } from '../plan/record-view.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import { json, type Serde, type SerdeFor } from '../serde/index.ts'
import { GroupedStream } from './grouped-stream.ts'
import type {
  KeptKey,
  KeyChangeProblem,
  KeyOption,
  KeySerdeAfter,
  KeySerdeNeeded,
  KeySerdeState,
  KnowsKeySerde,
} from './key-serde.ts'
import { keySerdeOf, type NodeHandle, storeRequest } from './node-handle.ts'
import type { OperatorOptions, StoreOptions, ValueOptions } from './operator-options.ts'
import { Table } from './table.ts'
import type { TypeProblem } from './type-problem.ts'

/** How a stream goes through a topic of its own. */
export interface RepartitionOptions<V> extends ValueOptions<V> {
  /** Partitions of the topic. Default: as many as the topics have that the stream comes from. */
  readonly partitions?: number
}

/** How records are written to a topic. */
export interface ToOptions<K, V> extends OperatorOptions, KeyOption<K> {
  /** Default: the serde that the values have already, `json()` for computed ones. */
  readonly value?: SerdeFor<NonNullable<V>>
  /** The partition of a record, from 0. Default: by the key's bytes, as Kafka's default partitioner. */
  readonly partitioner?: (key: K, value: V, partitions: number) => number
}

/** Refuses streams whose keys are of another type. */
export type SameKeys<K, Other> = [K, Other] extends [Other, K]
  ? unknown
  : TypeProblem<'merge: the keys of both streams must be of one type. Change one of them with selectKey before'>

/**
 * Records one after the other: each is a fact of its own (Kafka Streams' KStream). Immutable: each method returns a new
 * stream or table. Callbacks get (value, key, record) and must be synchronous and without side effects, but for `peek`.
 *
 * @typeParam State whether the serde of the keys is known: `missing` after the type of the key changed without one
 */
export class Stream<K, V, State extends KeySerdeState = 'known'> {
  /** Carries the types. */
  declare protected readonly types: { readonly key: K; readonly value: V; readonly state: State }
  readonly #handle: NodeHandle

  /** @internal */
  constructor(handle: NodeHandle) {
    this.#handle = handle
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
    return this.#then('filter', options, { kind: 'filter', predicate, negate: false })
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
  filterNot(predicate: (value: V, key: K, record: RecordView) => boolean, options: OperatorOptions = {}): Stream<K, V, State> {
    return this.#then('filter-not', options, { kind: 'filter', predicate, negate: true })
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
    return this.#then('map', options, { kind: 'map', mapper }, options.key ?? this.#handle.key, options.value ?? json())
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
    return this.#then('map-values', options, { kind: 'map-values', mapper }, this.#handle.key, options.value ?? json())
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
    return this.#then('flat-map', options, { kind: 'flat-map', mapper }, options.key ?? this.#handle.key, options.value ?? json())
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
    return this.#then('flat-map-values', options, { kind: 'flat-map-values', mapper }, this.#handle.key, options.value ?? json())
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
    return this.#then('select-key', options, { kind: 'select-key', selector }, options.key ?? this.#handle.key)
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
    return this.#then('peek', options, { kind: 'peek', action })
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
    const { graph, id, key, value } = this.#handle
    const right = other.#handle
    if (right.graph !== graph) {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `merge: "${id}" of topology "${graph.name}" and "${right.id}" of topology "${right.graph.name}" belong to different topologies. Read the topic in this one too: t.stream(…)`,
      )
    }
    const merged = graph.add([id, right.id], 'merge', options.name, { kind: 'merge' })
    return new Stream({
      graph,
      id: merged,
      key: key?.name === right.key?.name ? key : undefined,
      value: value.name === right.value.name ? value : json(),
    })
  }

  /**
   * Groups by the key that the records have. Goes through a repartition topic only if the key was changed before.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const counts = topology('counts', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() }).groupByKey().count({ as: 'clicks-per-user' })
   * })
   * ```
   */
  groupByKey(
    options: ValueOptions<NonNullable<V>> & KeySerdeNeeded<NonNullable<K>>,
  ): GroupedStream<NonNullable<K>, NonNullable<V>>
  groupByKey(
    this: Stream<K, V, State> & KnowsKeySerde<State>,
    options?: ValueOptions<NonNullable<V>>,
  ): GroupedStream<NonNullable<K>, NonNullable<V>>
  groupByKey(options: ValueOptions<Any> & KeyOption<Any> = {}): GroupedStream<Any, Any> {
    return this.#grouped('groupByKey', this.#handle, options)
  }

  /**
   * Groups by a new key. Goes through a repartition topic. When the type of the key changes, say how it is written.
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const counts = topology('counts', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ customerId: number }>() })
   *     .groupBy((order) => order.customerId, { key: int32() })
   *     .count({ as: 'orders-per-customer' })
   * })
   * ```
   */
  groupBy<GK>(
    selector: (value: V, key: K, record: RecordView) => GK,
    options: ValueOptions<NonNullable<V>> & KeySerdeNeeded<NonNullable<GK>>,
  ): GroupedStream<NonNullable<GK>, NonNullable<V>>
  groupBy<
    GK extends
      | KeptKey<K, State>
      | null
      | undefined
      | TypeProblem<'The type of the key changes, so say how the new keys are written: { key: int32() }'>,
  >(
    selector: (value: V, key: K, record: RecordView) => GK,
    options?: ValueOptions<NonNullable<V>>,
  ): GroupedStream<NonNullable<GK>, NonNullable<V>>
  groupBy(
    selector: (value: V, key: K, record: RecordView) => Any,
    options: ValueOptions<Any> & KeyOption<Any> = {},
  ): GroupedStream<Any, Any> {
    const { graph, id: parent } = this.#handle
    const id = graph.add([parent], 'group-by', options.name, { kind: 'select-key', selector })
    return this.#grouped('groupBy', { ...this.#handle, id }, options)
  }

  /**
   * The stream as a table: each record is the new value of its key, a null value deletes it. Goes through a repartition topic
   * if the key was changed before.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const latest = topology('latest', (t) => {
   *   t.stream('positions', { key: string(), value: json<{ x: number; y: number }>() })
   *     .toTable({ as: 'latest-positions' })
   *     .filter((position) => position.x > 0)
   *     .to('positions-in-the-east')
   * })
   * ```
   */
  toTable(options: StoreOptions<NonNullable<V>> & KeySerdeNeeded<NonNullable<K>>): Table<NonNullable<K>, NonNullable<V>>
  toTable(
    this: Stream<K, V, State> & KnowsKeySerde<State>,
    options?: StoreOptions<NonNullable<V>>,
  ): Table<NonNullable<K>, NonNullable<V>>
  toTable(options: StoreOptions<Any> & KeyOption<Any> = {}): Table<Any, Any> {
    const { graph, id: parent } = this.#handle
    const key = keySerdeOf(this.#handle, 'toTable', options.key)
    const value = options.value ?? this.#handle.value
    const id = graph.add([parent], 'to-table', options.name, {
      kind: 'to-table',
      value,
      store: storeRequest(options, key, value, `${parent}/to-table`),
      ...(options.name !== undefined && { name: options.name }),
    })
    return new Table({ graph, id, key, value })
  }

  /**
   * Sends the records through an internal topic, partitioned by key. Records with a null key are dropped.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const spread = topology('spread', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .repartition({ name: 'spread-clicks', partitions: 16 })
   *     .groupByKey()
   *     .count({ as: 'clicks-per-user' })
   * })
   * ```
   */
  repartition(options: RepartitionOptions<NonNullable<V>> & KeySerdeNeeded<NonNullable<K>>): Stream<NonNullable<K>, V>
  repartition(
    this: Stream<K, V, State> & KnowsKeySerde<State>,
    options?: RepartitionOptions<NonNullable<V>>,
  ): Stream<NonNullable<K>, V>
  repartition(options: RepartitionOptions<Any> & KeyOption<Any> = {}): Stream<Any, Any> {
    const key = keySerdeOf(this.#handle, 'repartition', options.key)
    const value = options.value ?? this.#handle.value
    const { name, partitions } = options
    if (partitions !== undefined && !(Number.isInteger(partitions) && partitions > 0)) {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `${this.#handle.id}: repartition: partitions must be a whole number above 0, got ${partitions}`,
      )
    }
    const optional = { ...(name !== undefined && { name }), ...(partitions !== undefined && { partitions }) }
    return this.#then('repartition', options, { kind: 'repartition', key, value, ...optional }, key, value)
  }

  /**
   * Writes the records to a topic, which must exist, or to a view of a sink connector.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const copy = topology('copy', (t) => {
   *   t.stream('orders', { key: string(), value: json<{ status: string }>() }).to('orders-copy')
   * })
   * ```
   */
  to(target: string | TopicSink<K, NonNullable<V>>, options: ToOptions<K, V> & KeySerdeNeeded<NonNullable<K>>): void
  to(
    this: Stream<K, V, State> & KnowsKeySerde<State>,
    target: string | TopicSink<K, NonNullable<V>>,
    options?: ToOptions<K, V>,
  ): void
  to(target: string | TopicSink<K, NonNullable<V>>, options: ToOptions<Any, Any> = {}): void {
    const sink: TopicSink<Any, Any> = typeof target === 'string' ? { topic: target } : target
    const { name, partitioner } = options
    this.#then(
      'to',
      { ...(name !== undefined && { name }) },
      {
        kind: 'sink',
        key: keySerdeOf(this.#handle, 'to', options.key ?? sink.key),
        value: options.value ?? sink.value ?? this.#handle.value,
        ...(sink.topic !== undefined && { topic: sink.topic }),
        ...(sink.view !== undefined && { view: sink.view }),
        ...(partitioner !== undefined && { partitioner }),
      },
    )
  }

  #grouped(operator: string, handle: NodeHandle, options: ValueOptions<Any> & KeyOption<Any>): GroupedStream<Any, Any> {
    const { name } = options
    return new GroupedStream(handle, {
      key: keySerdeOf(handle, operator, options.key),
      value: options.value ?? handle.value,
      ...(name !== undefined && { name }),
    })
  }

  #then(
    kind: string,
    options: OperatorOptions,
    node: NewNode,
    key: Serde<Any> | undefined = this.#handle.key,
    value: Serde<Any> = this.#handle.value,
  ): Stream<Any, Any, Any> {
    const { graph, id: parent } = this.#handle
    return new Stream({ graph, id: graph.add([parent], kind, options.name, node), key, value })
  }
}
