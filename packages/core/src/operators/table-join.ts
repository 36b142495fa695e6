import type { Headers, Pending } from '@millrace/state-store'
import type { TableJoinNode } from '../plan/nodes/join-nodes.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { type PendingChanges, pendingChanges } from './pending-changes.ts'
import { SentWith } from './sent-with.ts'
import { type TableReader, tableReader } from './table-reader.ts'

/**
 * Joins of tables by key. A change on one side is joined with what the other side has; the time of the result is the newer
 * one. Each side says for itself when it has something to say (Kafka Streams' KTableKTable…Join).
 *
 * A cached table is looked into before it has passed its change on. So that each result takes back the one that went out before
 * it, the sides remember what that was made with.
 */
export class TableJoin<K, L, R> {
  readonly left: TableReceiver<K, L>
  readonly right: TableReceiver<K, R>

  constructor(node: TableJoinNode, scope: OperatorScope, next: TableReceiver<K, unknown>) {
    const result = new JoinResult(node, scope, next)
    const [left = '', right = ''] = node.parents
    const { joiner, mode } = node
    const [leftPending, rightPending] = [pendingChanges(left, scope), pendingChanges(right, scope)]
    const identity = (leftPending ?? rightPending)?.identity
    const [sentLeft, sentRight] =
      identity === undefined ? [null, null] : [new SentWith<K, L>(identity), new SentWith<K, R>(identity)]
    this.left = new JoinSide<K, L, R>(node.id, scope, result, {
      join: (mine, other, key) => joiner(mine, other, key) ?? null,
      needsOther: mode === 'inner',
      needsMine: mode !== 'outer',
      isInner: mode === 'inner',
      other: tableReader(right, scope),
      otherPending: rightPending,
      otherPassedOn: rightPending === null ? null : tableReader(right, scope, 'flushed'),
      sentWith: sentLeft,
      otherSentWith: sentRight,
    })
    this.right = new JoinSide<K, R, L>(node.id, scope, result, {
      join: (mine, other, key) => joiner(other, mine, key) ?? null,
      needsOther: mode !== 'outer',
      needsMine: mode === 'inner',
      isInner: mode === 'inner',
      other: tableReader(left, scope),
      otherPending: leftPending,
      otherPassedOn: leftPending === null ? null : tableReader(left, scope, 'flushed'),
      sentWith: sentRight,
      otherSentWith: sentLeft,
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

interface SideOptions<K, M, O> {
  readonly join: (mine: M | null, other: O | null, key: K) => unknown
  /** Nothing happens while the other side has nothing. */
  readonly needsOther: boolean
  /** There is no result without a value of this side. */
  readonly needsMine: boolean
  readonly isInner: boolean
  readonly other: TableReader<K, O>
  /** Null: the other side is not cached. */
  readonly otherPending: PendingChanges<K> | null
  readonly otherPassedOn: TableReader<K, O> | null
  /** Null: neither side is cached. */
  readonly sentWith: SentWith<K, M> | null
  readonly otherSentWith: SentWith<K, O> | null
}

class JoinSide<K, M, O> implements TableReceiver<K, M> {
  readonly #id: string
  readonly #scope: OperatorScope
  readonly #result: JoinResult<K>
  readonly #options: SideOptions<K, M, O>

  constructor(id: string, scope: OperatorScope, result: JoinResult<K>, options: SideOptions<K, M, O>) {
    this.#id = id
    this.#scope = scope
    this.#result = result
    this.#options = options
  }

  change(key: K, next: M | null, previous: M | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    // A join is of the latest versions.
    if (outdated === true) return
    const { needsOther, isInner, other, otherPassedOn, otherPending, sentWith, otherSentWith } = this.#options
    const found = other.get(key)
    const others = found?.value ?? null
    const isPending = otherPending !== null && otherPending.has(key)
    const mineBefore = sentWith === null ? previous : sentWith.get(key, previous)
    const passedOn = isPending ? (otherPassedOn?.get(key)?.value ?? null) : others
    const othersBefore = otherSentWith === null ? passedOn : otherSentWith.get(key, passedOn)
    sentWith?.delete(key)
    if (found === undefined && (needsOther || (next === null && previous === null))) {
      // What the other side has not passed on yet it will, and take the result back; but not in an inner join, when both are gone.
      const bothGone = isPending && isInner && next === null && othersBefore !== null
      if (!bothGone) {
        if (isPending) sentWith?.set(key, mineBefore)
        return
      }
    }
    if (isPending) otherSentWith?.set(key, others)
    else otherSentWith?.delete(key)
    const time = found === undefined ? timestamp : Math.max(timestamp, found.timestamp)
    this.#scope.record.enter(this.#id, time, headers)
    const value = this.#joined(next, others, key)
    const before = this.#result.sendsPrevious ? this.#joined(mineBefore, othersBefore, key) : null
    return this.#result.change(key, value, before, time, headers)
  }

  #joined(mine: M | null, other: O | null, key: K): unknown {
    const { isInner, needsMine, join } = this.#options
    if ((mine === null && (needsMine || other === null)) || (isInner && other === null)) return null
    return join(mine, other, key)
  }
}
