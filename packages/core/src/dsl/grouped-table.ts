import type { TableGrouping } from '../plan/graph/index.ts'
import type { Any, TableAggregateNode } from '../plan/nodes/node.ts'
import { json, type Serde } from '../serde/index.ts'
import { COUNT } from './add-aggregate.ts'
import { type NodeHandle, storeRequest } from './node-handle.ts'
import type { TableStoreOptions } from './operator-options.ts'
import type { Table } from './table.ts'

/** How the values of a group are merged into one of the same type. */
export interface TableReduceOptions<K, V> extends TableStoreOptions<V> {
  readonly add: (merged: V, value: V, key: K) => V | null
  /** Undoes `add`: called with the old value when an entry of the table changes or goes. */
  readonly subtract: (merged: V, value: V, key: K) => V | null
}

/** How an aggregate is computed from a table. */
export interface TableAggregateOptions<K, V, A> extends TableStoreOptions<NonNullable<A>> {
  /** The aggregate of a group before its first entry. */
  readonly initial: () => A
  /** The aggregate with an entry more. Must be a new value. null deletes the group. */
  readonly add: (aggregate: NoInfer<A>, value: V, key: K) => NoInfer<A> | null
  /** Undoes `add`: called with the old value when an entry of the table changes or goes. */
  readonly subtract: (aggregate: NoInfer<A>, value: V, key: K) => NoInfer<A> | null
}

/**
 * The entries of a table in groups, ready to be aggregated; stays exact when entries change, move to another group or go. Made
 * by `groupBy` of a table.
 */
export class GroupedTable<K, V> {
  readonly #handle: NodeHandle
  readonly #grouping: TableGrouping

  /** @internal */
  constructor(handle: NodeHandle, grouping: TableGrouping) {
    this.#handle = handle
    this.#grouping = grouping
  }

  /**
   * How many entries each group has now. A group that had entries once stays, with 0.
   *
   * @example
   * ```ts
   * import { int64, json, string, topology } from '@millrace/core'
   *
   * export const orders = topology('orders', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .groupBy((order) => order.status, { key: string() })
   *     .count({ as: 'orders-by-status' })
   *     .to('orders-by-status')
   * })
   * ```
   */
  count(options: TableStoreOptions<number> = {}): Table<K, number> {
    const subtract = (count: number): number => count - 1
    return this.#aggregate('count', options, { ...COUNT, subtract }, json())
  }

  /**
   * Merges the values of each group into one of the same type.
   *
   * @example
   * ```ts
   * import { double, json, string, topology } from '@millrace/core'
   *
   * export const stock = topology('stock', (t) => {
   *   t.table('boxes', { key: string(), value: json<{ shelf: string; weight: number }>() })
   *     .groupBy((box) => box.shelf, { mapValue: (box) => box.weight })
   *     .reduce({ as: 'weight-by-shelf', add: (sum, weight) => sum + weight, subtract: (sum, weight) => sum - weight })
   *     .to('weight-by-shelf', { value: double() })
   * })
   * ```
   */
  reduce(options: TableReduceOptions<K, V>): Table<K, V> {
    return this.#aggregate('reduce', options, { add: options.add, subtract: options.subtract }, this.#grouping.value)
  }

  /**
   * Folds the values of each group into an aggregate of a type of its own.
   *
   * @example
   * ```ts
   * import { int64, json, string, topology } from '@millrace/core'
   *
   * export const open = topology('open-orders', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ customer: string; cents: bigint }>() })
   *     .groupBy((order) => order.customer, { key: string() })
   *     .aggregate({
   *       as: 'open-by-customer',
   *       initial: () => ({ orders: 0, cents: 0n }),
   *       add: (total, order) => ({ orders: total.orders + 1, cents: total.cents + order.cents }),
   *       subtract: (total, order) => ({ orders: total.orders - 1, cents: total.cents - order.cents }),
   *     })
   * })
   * ```
   */
  aggregate<A>(options: TableAggregateOptions<K, V, A>): Table<K, NonNullable<A>> {
    const { initial, add, subtract } = options
    return this.#aggregate('aggregate', options, { initial, add, subtract }, json())
  }

  #aggregate<A>(
    kind: string,
    options: TableStoreOptions<A>,
    functions: Pick<TableAggregateNode, 'initial' | 'add' | 'subtract'>,
    defaultValue: Serde<Any>,
  ): Table<K, A> {
    const { graph, fluent, id: parent } = this.#handle
    const { key, name = 'group-by' } = this.#grouping
    const value = options.value ?? defaultValue
    const id = graph.add([parent], `${name}/${kind}`, options.name, {
      kind: 'table-aggregate',
      grouping: this.#grouping,
      store: storeRequest(options, key, value, `${parent}/${name}/${kind}`),
      ...functions,
    })
    return fluent.table({ graph, fluent, id, key, value })
  }
}
