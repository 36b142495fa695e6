import type { NewNode } from '../plan/graph/index.ts'
import type { JoinMode } from '../plan/nodes/join-nodes.ts'
import type { Any } from '../plan/nodes/node.ts'
import { json } from '../serde/index.ts'
import { checkSameKeySerde, type ForeignKeyJoinOptions, JOIN_NAMES, type JoinKeys, joinSerdes } from './join-options.ts'
import type { KeyOption } from './key-serde.ts'
import { checkSameTopology, handleOf, keepHandle, keySerdeOf, type NodeHandle, storeRequest } from './node-handle.ts'
import type { TableStoreOptions } from './operator-options.ts'
import type { Table } from './table.ts'

/** How a table is joined with other tables: the first part of {@link Table}. */
export class JoiningTable<K, V> {
  /** Carries the types. */
  declare protected readonly types: { readonly key: K; readonly value: V }
  /** @internal */
  protected readonly handle: NodeHandle

  /** @internal */
  constructor(handle: NodeHandle) {
    this.handle = keepHandle(this, handle)
  }

  /**
   * Joins with a table by foreign key: each row with the row of the other table that it names, computed anew when either
   * changes. Rows that name none, or one that is not there, are left out.
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const orders = topology('named-orders', (t) => {
   *   const customers = t.table('customers', { key: int32(), value: json<{ name: string }>() })
   *   t.table('orders', { key: string(), value: json<{ customerId: number; cents: number }>() })
   *     .join(customers, (order, customer) => ({ ...order, customer: customer.name }), {
   *       on: (order) => order.customerId,
   *       as: 'named-orders',
   *     })
   *     .to('named-orders')
   * })
   * ```
   */
  join<FK, W, R>(
    other: Table<FK, W>,
    joiner: (left: V, right: W, key: K) => R,
    options: ForeignKeyJoinOptions<K, V, FK, NonNullable<R>>,
  ): Table<K, NonNullable<R>>
  /**
   * Joins with a table by key: a row for each key that both have, computed anew when either side changes.
   *
   * Both tables must be partitioned alike (checked at start: NOT_COPARTITIONED).
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the keys of both sides are written differently
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const stock = topology('stock-value', (t) => {
   *   const stock = t.table('stock', { key: string(), value: json<{ count: number }>() })
   *   const prices = t.table('prices', { key: string(), value: json<{ cents: number }>() })
   *   stock.join(prices, ({ count }, { cents }) => count * cents, { as: 'stock-value' }).to('stock-values')
   * })
   * ```
   */
  join<OK, W, R>(
    other: Table<OK, W> & JoinKeys<K, OK>,
    joiner: (left: V, right: W, key: K) => R,
    options?: TableStoreOptions<NonNullable<R>> & KeyOption<K>,
  ): Table<K, NonNullable<R>>
  join(other: Table<Any, Any>, joiner: AnyJoiner, options: AnyOptions = {}): Table<Any, Any> {
    return this.#join('inner', other, joiner, options)
  }

  /**
   * Joins with a table by foreign key, keeping each row of this one: one that names none, or one that is not there, is joined
   * with null.
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const orders = topology('named-orders', (t) => {
   *   const customers = t.table('customers', { key: int32(), value: json<{ name: string }>() })
   *   t.table('orders', { key: string(), value: json<{ customerId: number | null }>() })
   *     .leftJoin(customers, (order, customer) => ({ ...order, customer: customer?.name ?? 'unknown' }), {
   *       on: (order) => order.customerId,
   *     })
   *     .to('named-orders')
   * })
   * ```
   */
  leftJoin<FK, W, R>(
    other: Table<FK, W>,
    joiner: (left: V, right: W | null, key: K) => R,
    options: ForeignKeyJoinOptions<K, V, FK, NonNullable<R>>,
  ): Table<K, NonNullable<R>>
  /**
   * Joins with a table by key, keeping each row of this one: where the other has nothing, it is joined with null.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the keys of both sides are written differently
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const users = topology('user-scores', (t) => {
   *   const users = t.table('users', { key: string(), value: json<{ name: string }>() })
   *   const scores = t.table('scores', { key: string(), value: json<{ points: number }>() })
   *   users.leftJoin(scores, (user, score) => ({ name: user.name, points: score?.points ?? 0 })).to('user-scores')
   * })
   * ```
   */
  leftJoin<OK, W, R>(
    other: Table<OK, W> & JoinKeys<K, OK>,
    joiner: (left: V, right: W | null, key: K) => R,
    options?: TableStoreOptions<NonNullable<R>> & KeyOption<K>,
  ): Table<K, NonNullable<R>>
  leftJoin(other: Table<Any, Any>, joiner: AnyJoiner, options: AnyOptions = {}): Table<Any, Any> {
    return this.#join('left', other, joiner, options)
  }

  /**
   * Joins with a table by key, keeping each row of both: where one has nothing, the other is joined with null.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the keys of both sides are written differently
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const balance = topology('balances', (t) => {
   *   const credits = t.table('credits', { key: string(), value: json<number>() })
   *   const debits = t.table('debits', { key: string(), value: json<number>() })
   *   credits.outerJoin(debits, (credit, debit) => (credit ?? 0) - (debit ?? 0), { as: 'balances' }).to('balances')
   * })
   * ```
   */
  outerJoin<OK, W, R>(
    other: Table<OK, W> & JoinKeys<K, OK>,
    joiner: (left: V | null, right: W | null, key: K) => R,
    options: TableStoreOptions<NonNullable<R>> & KeyOption<K> = {},
  ): Table<K, NonNullable<R>> {
    return this.#join('outer', other, joiner, options)
  }

  #join(mode: JoinMode, other: Table<Any, Any>, joiner: AnyJoiner, options: AnyOptions): Table<Any, Any> {
    const { graph, fluent, id } = this.handle
    const right = handleOf(other)
    const join = `${id}/${JOIN_NAMES[mode]}`
    const { on: foreignKey, name, value = json() } = options
    const key = keySerdeOf(this.handle, join, options.key)
    const request = (): ReturnType<typeof storeRequest> => storeRequest(options, key, value, join)
    let node: NewNode
    if (foreignKey !== undefined && mode !== 'outer') {
      checkSameTopology(join, this.handle, right)
      const sides = { left: joinSerdes(this.handle, join), right: joinSerdes(right, join) }
      const named = name === undefined ? {} : { name }
      node = { kind: 'foreign-key-join', mode, joiner, foreignKey, ...sides, store: request(), ...named }
    } else {
      if (options.key === undefined) checkSameKeySerde(join, this.handle, right)
      else checkSameTopology(join, this.handle, right)
      node = { kind: 'table-join', mode, joiner, ...(options.as !== undefined && { store: request() }) }
    }
    return fluent.table({ graph, fluent, id: graph.add([id, right.id], JOIN_NAMES[mode], name, node), key, value })
  }
}

/** What the overloads have let through. */
type AnyJoiner = (left: Any, right: Any, key: Any) => Any
type AnyOptions = TableStoreOptions<Any> & Partial<ForeignKeyJoinOptions<Any, Any, Any, Any>> & KeyOption<Any>
