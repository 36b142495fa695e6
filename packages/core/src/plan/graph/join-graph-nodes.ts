import type { GlobalJoinNode, JoinMode, Joiner, JoinWindowPlan, StreamTableJoinNode, TableJoinNode } from '../nodes/join-nodes.ts'
import type { Any, NodeBase } from '../nodes/node.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { StoreBuilder } from '../store-builder.ts'
import type { GraphSource, StoreRequest, StreamSerdes } from './graph-node.ts'

/** Joins two streams (parents: left, right). */
export interface GraphStreamJoin extends NodeBase {
  readonly kind: 'stream-join'
  /** Names its stores and topics. */
  readonly as?: string
  readonly mode: JoinMode
  readonly joiner: Joiner
  readonly within: JoinWindowPlan
  readonly left: StreamSerdes
  readonly right: StreamSerdes
  readonly logging: boolean
}

/** Looks a stream's records up in a table (parents: stream, table). */
export interface GraphStreamTableJoin extends NodeBase, Pick<StreamTableJoinNode, 'mode' | 'joiner'> {
  readonly kind: 'stream-table-join'
  readonly as?: string
  readonly stream: StreamSerdes
  readonly grace?: number
  readonly logging: boolean
}

/** Looks a stream's records up in a global table. */
export interface GraphGlobalJoin extends NodeBase, Pick<GlobalJoinNode, 'mode' | 'joiner' | 'keySelector'> {
  readonly kind: 'global-join'
  /** Id of the global table. */
  readonly global: string
}

/** Joins two tables by key (parents: left, right). */
export interface GraphTableJoin extends NodeBase, Pick<TableJoinNode, 'mode' | 'joiner'> {
  readonly kind: 'table-join'
  /** Absent: not materialized. */
  readonly store?: StoreRequest
}

/** Joins two tables by a key of the right one that the left one's rows name (parents: left, right). */
export interface GraphForeignKeyJoin extends NodeBase {
  readonly kind: 'foreign-key-join'
  readonly name?: string
  readonly mode: 'inner' | 'left'
  readonly joiner: Joiner
  readonly foreignKey: (value: Any, key: Any) => Any
  readonly left: StreamSerdes
  readonly right: StreamSerdes
  /** Without `as` the store exists when somebody needs it. */
  readonly store: StoreRequest
}

/** A topic that every process reads whole, as a table. */
export interface GraphGlobalTable extends Omit<GraphSource, 'kind' | 'as' | 'store'> {
  readonly kind: 'global-table'
  readonly store: StoreRequest
}

/** A topic that every process reads whole, into a store that a processor of the user's fills. */
export interface GraphGlobalStore extends Omit<GraphSource, 'kind' | 'as' | 'store'> {
  readonly kind: 'global-store'
  readonly builder: StoreBuilder
  readonly supplier: ProcessorSupplier<Any, Any, Any, Any, Any>
}

export type GraphJoin =
  | GraphStreamJoin
  | GraphStreamTableJoin
  | GraphGlobalJoin
  | GraphTableJoin
  | GraphForeignKeyJoin
  | GraphGlobalTable
  | GraphGlobalStore
