import { MillraceError } from '../errors.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { RecordView } from '../plan/record-view.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import { GroupedStream } from './grouped-stream.ts'
import type { KeptKey, KeyOption, KeySerdeNeeded, KeySerdeState, KnowsKeySerde } from './key-serde.ts'
import { keySerdeOf, type NodeHandle, storeRequest } from './node-handle.ts'
import type { TableStoreOptions, ValueOptions } from './operator-options.ts'
import { JoiningOperators } from './joining-operators.ts'
import { sinkNode } from './sink-node.ts'
import type { Table } from './table.ts'
import type { TypeProblem } from './type-problem.ts'
import type { ToOptions, TopicChooser } from './write-options.ts'

/** How a stream goes through a topic of its own. */
export interface RepartitionOptions<K, V> extends ValueOptions<NonNullable<V>> {
  /** Partitions of the topic. Default: as many as the topics have that the stream comes from. */
  readonly partitions?: number
  /** The partition of a record, from 0. Default: by the key's bytes, as Kafka's default partitioner. */
  readonly partitioner?: (key: NonNullable<K>, value: V, partitions: number) => number
}

type Target<K, V> = string | TopicSink<K, NonNullable<V>> | TopicChooser<K, V>

/**
 * Records one after the other: each is a fact of its own (Kafka Streams' KStream). Immutable: each method returns a new
 * stream or table. Callbacks get (value, key, record) and must be synchronous and without side effects, but for `peek`.
 *
 * @typeParam State whether the serde of the keys is known: `missing` after the type of the key changed without one
 */
export class Stream<K, V, State extends KeySerdeState = 'known'> extends JoiningOperators<K, V, State> {
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
    return this.#grouped('groupByKey', this.handle, options)
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
    const { graph, id: parent } = this.handle
    const id = graph.add([parent], 'group-by', options.name, { kind: 'select-key', selector })
    return this.#grouped('groupBy', { ...this.handle, id }, options)
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
  toTable(options: TableStoreOptions<NonNullable<V>> & KeySerdeNeeded<NonNullable<K>>): Table<NonNullable<K>, NonNullable<V>>
  toTable(
    this: Stream<K, V, State> & KnowsKeySerde<State>,
    options?: TableStoreOptions<NonNullable<V>>,
  ): Table<NonNullable<K>, NonNullable<V>>
  toTable(options: TableStoreOptions<Any> & KeyOption<Any> = {}): Table<Any, Any> {
    const { graph, fluent, id: parent } = this.handle
    const key = keySerdeOf(this.handle, 'toTable', options.key)
    const value = options.value ?? this.handle.value
    const id = graph.add([parent], 'to-table', options.name, {
      kind: 'to-table',
      value,
      store: storeRequest(options, key, value, `${parent}/to-table`),
      ...(options.name !== undefined && { name: options.name }),
    })
    return fluent.table({ graph, fluent, id, key, value })
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
  repartition(options: RepartitionOptions<K, V> & KeySerdeNeeded<NonNullable<K>>): Stream<NonNullable<K>, V>
  repartition(this: Stream<K, V, State> & KnowsKeySerde<State>, options?: RepartitionOptions<K, V>): Stream<NonNullable<K>, V>
  repartition(options: RepartitionOptions<Any, Any> & KeyOption<Any> = {}): Stream<Any, Any> {
    const key = keySerdeOf(this.handle, 'repartition', options.key)
    const value = options.value ?? this.handle.value
    const { name, partitions, partitioner } = options
    if (partitions !== undefined && !(Number.isInteger(partitions) && partitions > 0)) {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `${this.handle.id}: repartition: partitions must be a whole number above 0, got ${partitions}`,
      )
    }
    const optional = {
      ...(name !== undefined && { name }),
      ...(partitions !== undefined && { partitions }),
      ...(partitioner !== undefined && { partitioner }),
    }
    return this.next('repartition', options, { kind: 'repartition', key, value, ...optional }, key, value)
  }

  /**
   * Writes the records to a topic, which must exist, to a view of a sink connector, or to the topic that a function names for
   * each record.
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const copies = topology('copies', (t) => {
   *   const orders = t.stream('orders', { key: string(), value: json<{ country: string; at: number }>() })
   *   orders.to('orders-copy', { timestamp: (order) => order.at })
   *   orders.to((order) => `orders-${order.country}`) // orders-de, orders-fr, …
   * })
   * ```
   */
  to(target: Target<K, V>, options: ToOptions<K, V> & KeySerdeNeeded<NonNullable<K>>): void
  to(this: Stream<K, V, State> & KnowsKeySerde<State>, target: Target<K, V>, options?: ToOptions<K, V>): void
  to(target: Target<Any, Any>, options: ToOptions<Any, Any> = {}): void {
    const given = options.key ?? (typeof target === 'object' ? target.key : undefined)
    const { name } = options
    const node = sinkNode(target, options, keySerdeOf(this.handle, 'to', given), this.handle.value)
    this.next('to', name === undefined ? {} : { name }, node)
  }

  #grouped(operator: string, handle: NodeHandle, options: ValueOptions<Any> & KeyOption<Any>): GroupedStream<Any, Any> {
    const { name } = options
    const key = keySerdeOf(handle, operator, options.key)
    const grouping = { key, value: options.value ?? handle.value, ...(name !== undefined && { name }) }
    return new GroupedStream({ handle, grouping })
  }
}
