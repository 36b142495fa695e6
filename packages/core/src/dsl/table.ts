import type { NewNode } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { StoreReference, ValueTransformerSupplier } from '../plan/processor.ts'
import type { RecordView } from '../plan/record-view.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import { json, type Windowed } from '../serde/index.ts'
import { connectStores } from './connect-stores.ts'
import { GroupedTable } from './grouped-table.ts'
import type { KeyOption, KeySerdeAfter, KeySerdeNeeded } from './key-serde.ts'
import { JoiningTable } from './joining-table.ts'
import { keySerdeOf, storeRequest } from './node-handle.ts'
import type { OperatorOptions, StoreOptions, TableStoreOptions, ValueOptions } from './operator-options.ts'
import type { ProcessOptions } from './processing-operators.ts'
import type { Stream } from './stream.ts'
import { checkNotVersioned, closingTimeOf, type Suppressed, type UntilTimeLimit } from './suppressed.ts'
import type { TypeProblem } from './type-problem.ts'
import type { ToOptions, TopicChooser } from './write-options.ts'

/** How the entries of a table are grouped. */
export interface TableGroupOptions<K, V, GV> extends ValueOptions<GV> {
  /** What of the entry the group aggregates; null leaves the entry out. Default: its value. */
  readonly mapValue?: (value: V, key: K) => GV | null
}

/**
 * The current value of each key, and its changes: a later record of a key replaces the earlier one, a record with a null
 * value deletes it. Immutable: each method returns a new table or stream (Kafka Streams' KTable).
 *
 * A table has a store only if it is an aggregate, named with `as`, or needed by another operator (`groupBy`).
 */
export class Table<K, V> extends JoiningTable<K, V> {
  /**
   * Keeps the entries that satisfy the predicate. An entry that no longer does is deleted from the result.
   *
   * @example
   * ```ts
   * import { int64, json, topology } from '@millrace/core'
   *
   * export const open = topology('open', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .filter((order) => order.status !== 'shipped')
   *     .to('open-orders')
   * })
   * ```
   */
  filter<W extends V>(predicate: (value: V, key: K) => value is W, options?: TableStoreOptions<V>): Table<K, W>
  filter(predicate: (value: V, key: K) => boolean, options?: TableStoreOptions<V>): Table<K, V>
  filter(predicate: (value: V, key: K) => boolean, options: TableStoreOptions<V> = {}): Table<K, V> {
    return this.#derived('filter', options, { kind: 'table-filter', predicate, negate: false })
  }

  /**
   * Drops the entries that satisfy the predicate: the opposite of `filter`.
   *
   * @example
   * ```ts
   * import { int64, json, topology } from '@millrace/core'
   *
   * export const open = topology('open', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .filterNot((order) => order.status === 'shipped')
   *     .to('open-orders')
   * })
   * ```
   */
  filterNot<W extends V>(predicate: (value: V, key: K) => value is W, options?: TableStoreOptions<V>): Table<K, Exclude<V, W>>
  filterNot(predicate: (value: V, key: K) => boolean, options?: TableStoreOptions<V>): Table<K, V>
  filterNot(predicate: (value: V, key: K) => boolean, options: TableStoreOptions<V> = {}): Any {
    return this.#derived('filter-not', options, { kind: 'table-filter', predicate, negate: true })
  }

  /**
   * Computes a new value for each entry. The mapper is not called for deletions; null deletes the entry from the result.
   *
   * @example
   * ```ts
   * import { int64, json, string, topology } from '@millrace/core'
   *
   * export const states = topology('states', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .mapValues((order) => order.status, { value: string() })
   *     .to('order-states')
   * })
   * ```
   */
  mapValues<W>(mapper: (value: V, key: K) => W, options: TableStoreOptions<NonNullable<W>> = {}): Table<K, NonNullable<W>> {
    return this.#derived('map-values', options, { kind: 'table-map-values', mapper }, json())
  }

  /**
   * Computes a new value for each change by code with stores and punctuators. It is called for deletions too, with null.
   *
   * @param supplier makes the function of each task
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when two builders have the name of one store
   *
   * @example
   * ```ts
   * import { int32, json, keyValueStore, string, topology } from '@millrace/core'
   *
   * const changes = keyValueStore('changes', { key: string(), value: int32() })
   *
   * export const counted = topology('counted', (t) => {
   *   t.table('orders', { key: string(), value: json<{ status: string }>() })
   *     .transformValues(
   *       (context) => {
   *         const store = context.store(changes)
   *         return (order, id) => {
   *           const count = (store.get(id) ?? 0) + 1
   *           store.put(id, count)
   *           return order && { ...order, changes: count }
   *         }
   *       },
   *       { stores: [changes] },
   *     )
   *     .to('orders-with-changes')
   * })
   * ```
   */
  transformValues<W, Stores extends StoreReference = never>(
    supplier: ValueTransformerSupplier<K, V, W, Stores>,
    options: TableStoreOptions<NonNullable<W>> & ProcessOptions<Stores> = {},
  ): Table<K, NonNullable<W>> {
    const stores = connectStores(this.handle.graph, options.stores)
    return this.#derived('transform-values', options, { kind: 'table-transform-values', supplier, stores }, json())
  }

  /**
   * Puts the entries into groups, to be aggregated. When an entry changes, its old value is taken out of its old group. Goes
   * through a repartition topic. An entry whose group is null is in no group.
   *
   * @example
   * ```ts
   * import { int64, json, string, topology } from '@millrace/core'
   *
   * export const orders = topology('orders', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .groupBy((order) => order.status, { key: string() })
   *     .count({ as: 'orders-by-status' })
   * })
   * ```
   */
  groupBy<GK, GV = V>(
    selector: (value: V, key: K) => GK,
    options: TableGroupOptions<K, V, GV> & KeySerdeNeeded<NonNullable<GK>>,
  ): GroupedTable<NonNullable<GK>, GV>
  groupBy<
    GK extends
      | K
      | null
      | undefined
      | TypeProblem<'The type of the key changes, so say how the new keys are written: { key: int32() }'>,
    GV = V,
  >(selector: (value: V, key: K) => GK, options?: TableGroupOptions<K, V, GV>): GroupedTable<NonNullable<GK>, GV>
  groupBy(
    selector: (value: V, key: K) => Any,
    options: TableGroupOptions<K, V, Any> & KeyOption<Any> = {},
  ): GroupedTable<Any, Any> {
    const { mapValue, name } = options
    return new GroupedTable(this.handle, {
      key: keySerdeOf(this.handle, 'groupBy', options.key),
      value: options.value ?? (mapValue === undefined ? this.handle.value : json()),
      keySelector: selector,
      valueMapper: mapValue ?? ((value) => value),
      ...(name !== undefined && { name }),
    })
  }

  /**
   * Holds the changes of the table back: of several changes of a key only the last one goes out, in its time (KIP-328). What is
   * held back is state, kept like any other.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID for `untilWindowCloses` of a table that is not by window, and for versioned tables
   *
   * @example
   * ```ts
   * import { json, string, topology, tumbling, untilWindowCloses } from '@millrace/core'
   *
   * export const perMinute = topology('per-minute', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(tumbling({ size: '1m', grace: '10s' }))
   *     .count()
   *     .suppress(untilWindowCloses(), { as: 'open-minutes' })
   *     .to('clicks-per-minute')
   * })
   * ```
   */
  suppress(
    until: K extends Windowed<unknown> ? Suppressed : UntilTimeLimit,
    options: Omit<StoreOptions<V>, 'value' | 'caching'> = {},
  ): Table<K, V> {
    const { graph, fluent, id: parent, value } = this.handle
    const key = keySerdeOf(this.handle, 'suppress')
    const { until: type, maxRecords, maxBytes, whenFull } = until
    checkNotVersioned(graph, parent)
    const ms = until.until === 'time-limit' ? until.ms : closingTimeOf(graph, parent)
    const id = graph.add([parent], 'suppress', options.name, {
      kind: 'suppress',
      until: { type, ms },
      maxRecords,
      maxBytes,
      whenFull,
      buffer: storeRequest(options, key, value, `${parent}/suppress`),
    })
    return fluent.table({ graph, fluent, id, key, value })
  }

  /**
   * The changes of the table as a stream, under new keys.
   *
   * @param selector gets the new value of each change, null for a deletion
   *
   * @example
   * ```ts
   * import { json, string, topology, tumbling } from '@millrace/core'
   *
   * export const counts = topology('counts', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .windowedBy(tumbling({ size: '1m' }))
   *     .count({ as: 'clicks-per-minute' })
   *     .toStream((_count, { key, window }) => `${key}@${window.start}`, { key: string() })
   *     .to('click-counts')
   * })
   * ```
   */
  toStream<NK>(
    selector: (value: V | null, key: K, record: RecordView) => NK,
    options?: OperatorOptions,
  ): Stream<NK, V | null, KeySerdeAfter<K, NK, 'known'>>
  toStream<NK>(
    selector: (value: V | null, key: K, record: RecordView) => NK,
    options: OperatorOptions & KeySerdeNeeded<NK>,
  ): Stream<NK, V | null>
  /**
   * The changes of the table as a stream: the new value of each change, null for a deletion.
   *
   * @example
   * ```ts
   * import { int64, json, topology } from '@millrace/core'
   *
   * export const changes = topology('changes', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .toStream()
   *     .peek((order, id) => console.log(id, order?.status ?? 'deleted'))
   *     .to('order-changes')
   * })
   * ```
   */
  toStream(options?: OperatorOptions): Stream<K, V | null>
  toStream(
    first: OperatorOptions | ((value: V | null, key: K, record: RecordView) => Any) = {},
    keyOptions: OperatorOptions & KeyOption<Any> = {},
  ): Stream<Any, V | null, Any> {
    const { graph, fluent, id: parent, key, value } = this.handle
    // A function has a name too, so it would pass for options.
    const selector = typeof first === 'function' ? (first as (value: V | null, key: K, record: RecordView) => Any) : null
    const id = graph.add([parent], 'to-stream', selector === null ? first.name : undefined, { kind: 'to-stream' })
    const stream: Stream<K, V | null> = fluent.stream({ graph, fluent, id, key, value })
    return selector === null ? stream : stream.selectKey(selector, keyOptions)
  }

  /**
   * Writes the table's changes to a topic or view: deletions as null values. The same as `toStream().to(…)`.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const counts = topology('counts', (t) => {
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .groupByKey()
   *     .count({ as: 'clicks-per-user' })
   *     .to('click-counts')
   * })
   * ```
   */
  to(target: string | TopicSink<K, V> | TopicChooser<K, V | null>, options: ToOptions<K, V | null> = {}): void {
    const stream: Stream<K, Any> = this.toStream()
    stream.to(target, options)
  }

  /** A table whose rows come of this one's; it has a store of its own where that is given a name. */
  #derived(kind: string, options: TableStoreOptions<Any>, node: NewNode, defaultValue = this.handle.value): Table<K, Any> {
    const { graph, fluent, id: parent, key } = this.handle
    const value = options.value ?? defaultValue
    const store =
      options.as === undefined ? {} : { store: storeRequest(options, keySerdeOf(this.handle, kind), value, `${parent}/${kind}`) }
    const id = graph.add([parent], kind, options.name, { ...node, ...store } as NewNode)
    return fluent.table({ graph, fluent, id, key, value })
  }
}
