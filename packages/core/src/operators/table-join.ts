import type { Headers, Pending } from '@millrace/state-store'
import type { TableJoinNode } from '../plan/nodes/join-nodes.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { type TableReader, tableReader } from './table-reader.ts'

/**
 * Joins of tables by key. A change on one side is joined with what the other side has; the time of the result is the newer
 * one. Each side says for itself when it has something to say (Kafka Streams' KTableKTable…Join).
 */
export class TableJoin<K, L, R> {
  readonly left: TableReceiver<K, L>
  readonly right: TableReceiver<K, R>

  constructor(node: TableJoinNode, scope: OperatorScope, next: TableReceiver<K, unknown>) {
    const result = new JoinResult(node, scope, next)
    const [left = '', right = ''] = node.parents
    const { joiner, mode } = node
    this.left = new JoinSide<K, L, R>(node, scope, tableReader(right, scope, 'flushed'), result, {
      join: (mine, other, key) => joiner(mine, other, key) ?? null,
      needsOther: mode === 'inner',
      needsMine: mode !== 'outer',
    })
    this.right = new JoinSide<K, R, L>(node, scope, tableReader(left, scope, 'flushed'), result, {
      join: (mine, other, key) => joiner(other, mine, key) ?? null,
      needsOther: mode !== 'outer',
      needsMine: mode === 'inner',
    })
  }
}

/** Where both sides bring their results: the join's own store, or straight on. */
class JoinResult<K> implements TableReceiver<K, unknown> {
  readonly sendsPrevious: boolean
  readonly #table: MaterializedTable<K, unknown> | null
  readonly #next: TableReceiver<K, unknown>

  constructor(node: TableJoinNode, scope: OperatorScope, next: TableReceiver<K, unknown>) {
    this.sendsPrevious = scope.plan.needsPrevious.has(node.id)
    this.#table = node.store === undefined ? null : materialize(node.id, node.store, scope, next)
    this.#next = next
  }

  change(key: K, next: unknown, previous: unknown, timestamp: number, headers: Headers): Pending {
    if (this.#table !== null) return this.#table.update(key, next, previous, timestamp, headers)
    return this.#next.change(key, next, previous, timestamp, headers)
  }
}

interface SideRules<M, O> {
  readonly join: (mine: M | null, other: O | null, key: unknown) => unknown
  /** Nothing happens while the other side has nothing. */
  readonly needsOther: boolean
  /** There is no result without a value of this side. */
  readonly needsMine: boolean
}

class JoinSide<K, M, O> implements TableReceiver<K, M> {
  readonly #id: string
  readonly #scope: OperatorScope
  readonly #other: TableReader<K, O>
  readonly #result: JoinResult<K>
  readonly #rules: SideRules<M, O>

  constructor(
    node: TableJoinNode,
    scope: OperatorScope,
    other: TableReader<K, O>,
    result: JoinResult<K>,
    rules: SideRules<M, O>,
  ) {
    this.#id = node.id
    this.#scope = scope
    this.#other = other
    this.#result = result
    this.#rules = rules
  }

  change(key: K, next: M | null, previous: M | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    // A join is of the latest versions.
    if (outdated === true) return
    const { needsOther, needsMine } = this.#rules
    const found = this.#other.get(key)
    if (found === undefined && (needsOther || (next === null && previous === null))) return
    const other = found?.value ?? null
    const time = found === undefined ? timestamp : Math.max(timestamp, found.timestamp)
    this.#scope.record.enter(this.#id, time, headers)
    const value = this.#joined(next, other, key, needsMine)
    const before = this.#result.sendsPrevious ? this.#joined(previous, other, key, needsMine) : null
    return this.#result.change(key, value, before, time, headers)
  }

  #joined(mine: M | null, other: O | null, key: K, needsMine: boolean): unknown {
    if (mine === null && (needsMine || other === null)) return null
    return this.#rules.join(mine, other, key)
  }
}
