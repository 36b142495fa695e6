import { parseDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type { NewNode } from '../plan/graph/index.ts'
import type { JoinMode } from '../plan/nodes/join-nodes.ts'
import type { Any } from '../plan/nodes/node.ts'
import { json } from '../serde/index.ts'
import { GlobalTable } from './global-table.ts'
import {
  checkHistory,
  checkSameKeySerde,
  type GlobalJoinOptions,
  JOIN_NAMES,
  type JoinKeys,
  joinSerdes,
  joinWindow,
  type StreamJoinOptions,
  type StreamTableJoinOptions,
} from './join-options.ts'
import type { KeyOption, KeySerdeState, KnowsKeySerde } from './key-serde.ts'
import { checkSameTopology, handleOf } from './node-handle.ts'
import { ProcessingOperators } from './processing-operators.ts'
import type { Stream } from './stream.ts'
import type { Table } from './table.ts'

/** How a stream is joined with other streams, tables and global tables. */
export class JoiningOperators<K, V, State extends KeySerdeState> extends ProcessingOperators<K, V, State> {
  /**
   * Joins with a stream: each pair of records of one key whose times are within the window becomes a record, with the newer
   * time. Records without a key or value are left out.
   *
   * Both streams must be partitioned alike (checked at start: NOT_COPARTITIONED); one whose key was changed goes through a
   * repartition topic.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID for an empty window, or when the keys of both sides are written differently
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const paid = topology('paid-orders', (t) => {
   *   const orders = t.stream('orders', { key: string(), value: json<{ cents: number }>() })
   *   const payments = t.stream('payments', { key: string(), value: json<{ method: string }>() })
   *   orders
   *     .join(payments, (order, payment) => ({ ...order, ...payment }), { within: '1h', as: 'payment-of-order' })
   *     .to('paid-orders')
   * })
   * ```
   */
  join<OK, OV, R>(
    this: JoiningOperators<K, V, State> & KnowsKeySerde<State>,
    other: Stream<OK, OV> & JoinKeys<K, OK>,
    joiner: (left: NonNullable<V>, right: NonNullable<OV>, key: NonNullable<K>) => R,
    options: StreamJoinOptions<NonNullable<R>> & KeyOption<NonNullable<K>>,
  ): Stream<NonNullable<K>, R>
  /**
   * Joins with a table: each record with what the table has under its key when the record comes (or, with `grace`, had at the
   * record's time). Records without key or value, or whose key the table does not have, are left out. The table's changes
   * send nothing.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the keys of both sides are written differently; for `grace` without a
   *   versioned table
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const named = topology('named-clicks', (t) => {
   *   const users = t.table('users', { key: string(), value: json<{ name: string }>() })
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .join(users, (click, user) => ({ page: click.page, name: user.name }))
   *     .to('named-clicks')
   * })
   * ```
   */
  join<TK, TV, R>(
    this: JoiningOperators<K, V, State> & KnowsKeySerde<State>,
    table: Table<TK, TV> & JoinKeys<K, TK>,
    joiner: (value: NonNullable<V>, row: TV, key: NonNullable<K>) => R,
    options?: StreamTableJoinOptions<NonNullable<R>> & KeyOption<NonNullable<K>>,
  ): Stream<NonNullable<K>, R>
  /**
   * Joins with a global table: each record with what the table has under the key that `on` computes. The record's key stays,
   * and may be null.
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const priced = topology('priced-clicks', (t) => {
   *   const campaigns = t.globalTable('campaigns', { key: int32(), value: json<{ cents: number }>() })
   *   t.stream('clicks', { key: string(), value: json<{ campaign: number }>() })
   *     .join(campaigns, (click, campaign) => campaign.cents, { on: (click) => click.campaign })
   *     .to('click-prices')
   * })
   * ```
   */
  join<GK, GV, R>(
    table: GlobalTable<GK, GV>,
    joiner: (value: NonNullable<V>, row: GV, key: K) => R,
    options: GlobalJoinOptions<K, NonNullable<V>, GK, NonNullable<R>>,
  ): Stream<K, R, State>
  join(other: Joinable, joiner: AnyJoiner, options: AnyOptions = {}): Stream<Any, Any, Any> {
    return this.#join('inner', other, joiner, options)
  }

  /**
   * Joins with a stream, keeping each record of this one: one that finds nothing leaves with null on the other side, as soon
   * as nothing can come for it any more (its window and `grace` have passed). One without a key leaves at once.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID for an empty window, or when the keys of both sides are written differently
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const unpaid = topology('unpaid-orders', (t) => {
   *   const orders = t.stream('orders', { key: string(), value: json<{ cents: number }>() })
   *   const payments = t.stream('payments', { key: string(), value: json<{ method: string }>() })
   *   orders
   *     .leftJoin(payments, (order, payment) => (payment === null ? order : null), { within: '1h', as: 'payment-of-order' })
   *     .filter((order) => order !== null)
   *     .to('unpaid-orders')
   * })
   * ```
   */
  leftJoin<OK, OV, R>(
    this: JoiningOperators<K, V, State> & KnowsKeySerde<State>,
    other: Stream<OK, OV> & JoinKeys<K, OK>,
    joiner: (left: NonNullable<V>, right: NonNullable<OV> | null, key: K) => R,
    options: StreamJoinOptions<NonNullable<R>> & KeyOption<NonNullable<K>>,
  ): Stream<K, R>
  /**
   * Joins with a table, keeping each record of this stream that has a value: where the table has nothing, or the record no
   * key, it is joined with null.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the keys of both sides are written differently; for `grace` without a
   *   versioned table
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const named = topology('named-clicks', (t) => {
   *   const users = t.table('users', { key: string(), value: json<{ name: string }>() })
   *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
   *     .leftJoin(users, (click, user) => ({ page: click.page, name: user?.name ?? 'somebody' }))
   *     .to('named-clicks')
   * })
   * ```
   */
  leftJoin<TK, TV, R>(
    this: JoiningOperators<K, V, State> & KnowsKeySerde<State>,
    table: Table<TK, TV> & JoinKeys<K, TK>,
    joiner: (value: NonNullable<V>, row: TV | null, key: K) => R,
    options?: StreamTableJoinOptions<NonNullable<R>> & KeyOption<NonNullable<K>>,
  ): Stream<K, R>
  /**
   * Joins with a global table, keeping each record that has a value: where the table has nothing, it is joined with null.
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const priced = topology('priced-clicks', (t) => {
   *   const campaigns = t.globalTable('campaigns', { key: int32(), value: json<{ cents: number }>() })
   *   t.stream('clicks', { key: string(), value: json<{ campaign?: number }>() })
   *     .leftJoin(campaigns, (click, campaign) => campaign?.cents ?? 0, { on: (click) => click.campaign })
   *     .to('click-prices')
   * })
   * ```
   */
  leftJoin<GK, GV, R>(
    table: GlobalTable<GK, GV>,
    joiner: (value: NonNullable<V>, row: GV | null, key: K) => R,
    options: GlobalJoinOptions<K, NonNullable<V>, GK, NonNullable<R>>,
  ): Stream<K, R, State>
  leftJoin(other: Joinable, joiner: AnyJoiner, options: AnyOptions = {}): Stream<Any, Any, Any> {
    return this.#join('left', other, joiner, options)
  }

  /**
   * Joins with a stream, keeping each record of both: one that finds nothing leaves with null on the other side, as soon as
   * nothing can come for it any more.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID for an empty window, or when the keys of both sides are written differently
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const reconciled = topology('reconciled', (t) => {
   *   const booked = t.stream('booked', { key: string(), value: json<{ cents: number }>() })
   *   const received = t.stream('received', { key: string(), value: json<{ cents: number }>() })
   *   booked
   *     .outerJoin(received, (ours, theirs) => (ours?.cents ?? 0) - (theirs?.cents ?? 0), { within: '1d', grace: '1h' })
   *     .filter((difference) => difference !== 0)
   *     .to('differences')
   * })
   * ```
   */
  outerJoin<OK, OV, R>(
    this: JoiningOperators<K, V, State> & KnowsKeySerde<State>,
    other: Stream<OK, OV> & JoinKeys<K, OK>,
    joiner: (left: NonNullable<V> | null, right: NonNullable<OV> | null, key: K | OK) => R,
    options: StreamJoinOptions<NonNullable<R>> & KeyOption<NonNullable<K>>,
  ): Stream<K | OK, R>
  outerJoin(other: Stream<Any, Any>, joiner: AnyJoiner, options: AnyOptions): Stream<Any, Any> {
    return this.#join('outer', other, joiner, options)
  }

  #join(mode: JoinMode, other: Joinable, joiner: AnyJoiner, options: AnyOptions): Stream<Any, Any, Any> {
    const right = handleOf(other)
    const join = `${this.handle.id}/${JOIN_NAMES[mode]}`
    checkSameTopology(join, this.handle, right)
    if (other instanceof GlobalTable) {
      const { on: keySelector } = options
      if (mode === 'outer' || keySelector === undefined)
        throw noSuchJoin(join, 'a global table', 'join or leftJoin, with { on: … }')
      return this.#add([this.handle.id], mode, options, { kind: 'global-join', mode, joiner, keySelector, global: right.id })
    }
    const { as, logging = true, key } = options
    if (key === undefined) checkSameKeySerde(join, this.handle, right)
    const named = { logging, ...(as !== undefined && { as }) }
    const left = joinSerdes(this.handle, join, key)
    const parents = [this.handle.id, right.id] as const
    if (other instanceof JoiningOperators) {
      const within = joinWindow(join, { within: options.within ?? 0, grace: options.grace ?? 0 })
      const node: NewNode = { kind: 'stream-join', mode, joiner, within, left, right: joinSerdes(right, join, key), ...named }
      return this.#add(parents, mode, options, node)
    }
    if (mode === 'outer') throw noSuchJoin(join, 'a table', 'join or leftJoin')
    const grace = options.grace === undefined ? undefined : parseDuration(options.grace, `${join}: grace`)
    if (grace !== undefined) checkHistory(join, right, grace)
    const waiting = grace === undefined ? {} : { grace }
    return this.#add(parents, mode, options, { kind: 'stream-table-join', mode, joiner, stream: left, ...waiting, ...named })
  }

  #add(
    parents: readonly [string, ...string[]],
    mode: JoinMode,
    { name, value = json(), key = this.handle.key }: AnyOptions,
    node: NewNode,
  ): Stream<Any, Any, Any> {
    const { graph, fluent } = this.handle
    return fluent.stream({ graph, fluent, id: graph.add(parents, JOIN_NAMES[mode], name, node), key, value })
  }
}

/** What the overloads have let through. */
type Joinable = Stream<Any, Any, Any> | Table<Any, Any> | GlobalTable<Any, Any>
type AnyJoiner = (left: Any, right: Any, key: Any) => Any
type AnyOptions = Partial<StreamJoinOptions<Any>> &
  StreamTableJoinOptions<Any> &
  Partial<GlobalJoinOptions<Any, Any, Any, Any>> &
  KeyOption<Any>

/** Types prevent it; code without types may come here. */
function noSuchJoin(join: string, what: string, instead: string): MillraceError {
  return new MillraceError('TOPOLOGY_INVALID', `${join}: a stream can't be joined with ${what} like that. Use ${instead}`)
}
