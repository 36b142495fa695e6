import type { Serde } from '../../serde/serde.ts'
import type { Any, NodeBase } from './node.ts'

/** Which side a join needs: both (`inner`), the left one (`left`), or any (`outer`). */
export type JoinMode = 'inner' | 'left' | 'outer'

/** What becomes of a pair. A side that is missing is null. */
export type Joiner = (left: Any, right: Any, key: Any) => Any

/** Right records at [left - before, left + after] belong together, in ms; either may be negative, not their sum. */
export interface JoinWindowPlan {
  readonly before: number
  readonly after: number
  readonly grace: number
}

/** Joins two streams (parents: left, right). One store on both sides: the optimised self-join. */
export interface StreamJoinNode extends NodeBase {
  readonly kind: 'stream-join'
  readonly mode: JoinMode
  readonly joiner: Joiner
  readonly within: JoinWindowPlan
  readonly leftStore: string
  readonly rightStore: string
  /** Records that have found nothing yet; absent in inner joins. */
  readonly unmatchedStore?: string
}

/** Looks each record of a stream up in a table (parents: stream, table). */
export interface StreamTableJoinNode extends NodeBase {
  readonly kind: 'stream-table-join'
  readonly mode: 'inner' | 'left'
  readonly joiner: Joiner
  /** Records wait in the store until event time has passed theirs by so much, ms. */
  readonly buffer?: { readonly grace: number; readonly store: string }
}

/** Looks each record of a stream up in a global table, under a key of its own. */
export interface GlobalJoinNode extends NodeBase {
  readonly kind: 'global-join'
  readonly mode: 'inner' | 'left'
  readonly joiner: Joiner
  readonly keySelector: (value: Any, key: Any) => Any
  /** Store of the global table. */
  readonly global: string
}

/** Joins two tables by key (parents: left, right). */
export interface TableJoinNode extends NodeBase {
  readonly kind: 'table-join'
  readonly mode: JoinMode
  readonly joiner: Joiner
  readonly store?: string
}

/** The left side of a foreign-key join: tells the right side which rows want which right row. Writes a topic by foreign key. */
export interface ForeignKeySubscribeNode extends NodeBase {
  readonly kind: 'foreign-key-subscribe'
  readonly mode: 'inner' | 'left'
  readonly foreignKey: (value: Any, key: Any) => Any
  readonly topic: string
  /** Of foreign keys. */
  readonly key: Serde<Any>
  /** Of subscriptions. */
  readonly value: Serde<Any>
  readonly primaryKey: Serde<Any>
  /** Of the left table: what is hashed. */
  readonly leftValue: Serde<Any>
}

/**
 * The right side of a foreign-key join (parents: the subscriptions, the right table): answers subscriptions, and tells
 * subscribers of changes. Writes a topic by the left table's key.
 */
export interface ForeignKeyRespondNode extends NodeBase {
  readonly kind: 'foreign-key-respond'
  /** Subscriptions by foreign key and left key. */
  readonly store: string
  readonly topic: string
  /** Of foreign keys. */
  readonly foreignKey: Serde<Any>
  /** Of the left table's keys: never decoded here. */
  readonly key: Serde<Any>
  /** Of responses. */
  readonly value: Serde<Any>
}

/** Joins the left table's rows with the answers of the right side (parents: the responses, the left table). */
export interface ForeignKeyResolveNode extends NodeBase {
  readonly kind: 'foreign-key-resolve'
  readonly mode: 'inner' | 'left'
  readonly joiner: Joiner
  readonly leftValue: Serde<Any>
  readonly subscribe: ForeignKeySubscribeNode
}

export type JoinNode =
  | StreamJoinNode
  | StreamTableJoinNode
  | GlobalJoinNode
  | TableJoinNode
  | ForeignKeySubscribeNode
  | ForeignKeyRespondNode
  | ForeignKeyResolveNode
