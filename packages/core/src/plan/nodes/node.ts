import type { Serde } from '../../serde/serde.ts'
import type { FixedKeyProcessorSupplier, ProcessorSupplier, ValueTransformerSupplier } from '../processor.ts'
import type { RecordView, TimestampExtractor, OnInvalid } from '../record-view.ts'
import type { JoinNode } from './join-nodes.ts'
import type { WindowNode } from './window-nodes.ts'
import type { Any } from './any.ts'

// Plan nodes are what the DSL makes and the operators are compiled from: frozen plain data, the users' functions included.
// A node's id is its stable path name: parent's id, operator, and an index only among like siblings.

export interface NodeBase {
  readonly id: string
  readonly parents: readonly string[]
}

export type { Any } from './any.ts'

/** Reads a topic as a stream, or as a table when `store` or `table` is given. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly topic: string
  readonly as: 'stream' | 'table'
  readonly key: Serde<Any>
  readonly value: Serde<Any>
  readonly timestamp?: TimestampExtractor<Any, Any>
  readonly startFrom: 'earliest' | 'latest'
  readonly onInvalid: OnInvalid
  /** A feed read as a stream: deletions (null values) are left out. */
  readonly skipTombstones: boolean
  /** Store that materializes the table; absent: a stream, or a table that nobody needs materialized. */
  readonly store?: string
  /** How long nothing must come before event time moves on with the wall clock, ms. Absent: it never does. */
  readonly idleAfter?: number
  /** The records are changes (old and new value) written by a `repartition-changes` node. */
  readonly changes?: boolean
}
export interface FilterNode extends NodeBase {
  readonly kind: 'filter'
  readonly predicate: (value: Any, key: Any, record: RecordView) => boolean
  readonly negate: boolean
}
export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly mapper: (value: Any, key: Any, record: RecordView) => readonly [key: Any, value: Any]
}
export interface MapValuesNode extends NodeBase {
  readonly kind: 'map-values'
  readonly mapper: (value: Any, key: Any, record: RecordView) => Any
}
export interface MapAsyncNode extends NodeBase {
  readonly kind: 'map-async'
  readonly mapper: (value: Any, key: Any, record: RecordView) => Promise<Any>
  /** Tells keys apart. */
  readonly key: Serde<Any>
  /** Records under way at a time. */
  readonly concurrency: number
}
export interface FlatMapNode extends NodeBase {
  readonly kind: 'flat-map'
  readonly mapper: (value: Any, key: Any, record: RecordView) => Iterable<readonly [key: Any, value: Any]>
}
export interface FlatMapValuesNode extends NodeBase {
  readonly kind: 'flat-map-values'
  readonly mapper: (value: Any, key: Any, record: RecordView) => Iterable<Any>
}
export interface SelectKeyNode extends NodeBase {
  readonly kind: 'select-key'
  readonly selector: (value: Any, key: Any, record: RecordView) => Any
}
export interface PeekNode extends NodeBase {
  readonly kind: 'peek'
  readonly action: (value: Any, key: Any, record: RecordView) => void
}
export interface MergeNode extends NodeBase {
  readonly kind: 'merge'
}
/** Sends each record to the first of its children whose predicate it satisfies: `branch` nodes, in the same order. */
export interface SplitNode extends NodeBase {
  readonly kind: 'split'
  /** By branch; null takes whatever comes to it. */
  readonly predicates: readonly (((value: Any, key: Any, record: RecordView) => boolean) | null)[]
}
/** What a `split` sends one way. */
export interface BranchNode extends NodeBase {
  readonly kind: 'branch'
}
/** Writes a stream to an internal topic, by key; a `source` node of that topic follows in another sub-topology. */
export interface RepartitionNode extends WritingNode {
  readonly kind: 'repartition'
  readonly topic: string
  /** True: records with a null key are dropped here (counted). */
  readonly dropNullKeys: boolean
}
/** A table's `groupBy`: maps both sides of a change, writes them to an internal topic. */
export interface RepartitionChangesNode extends NodeBase {
  readonly kind: 'repartition-changes'
  readonly topic: string
  readonly key: Serde<Any>
  readonly value: Serde<Any>
  readonly keySelector: (value: Any, key: Any) => Any
  readonly valueMapper: (value: Any, key: Any) => Any
}
/** The user's own code with state. */
export interface ProcessNode extends NodeBase {
  readonly kind: 'process'
  readonly supplier: ProcessorSupplier<Any, Any, Any, Any, Any>
  /** Names of the stores that it may ask for. */
  readonly stores: readonly string[]
}
/** The same, by code that cannot change keys. */
export interface ProcessValuesNode extends NodeBase {
  readonly kind: 'process-values'
  readonly supplier: FixedKeyProcessorSupplier<Any, Any, Any, Any>
  /** Names of the stores that it may ask for. */
  readonly stores: readonly string[]
}
/** count, reduce and aggregate of a grouped stream. `initial` absent: reduce, the first value is the aggregate. */
export interface StreamAggregateNode extends NodeBase {
  readonly kind: 'stream-aggregate'
  readonly store: string
  /** The table that it belongs to; absent: its own. */
  readonly table?: string
  readonly initial?: () => Any
  readonly add: (aggregate: Any, value: Any, key: Any) => Any
}
/** Aggregate of a grouped table: `subtract` undoes `add`. */
export interface TableAggregateNode extends NodeBase {
  readonly kind: 'table-aggregate'
  readonly store: string
  readonly initial?: () => Any
  readonly add: (aggregate: Any, value: Any, key: Any) => Any
  readonly subtract: (aggregate: Any, value: Any, key: Any) => Any
}
export interface TableFilterNode extends NodeBase {
  readonly kind: 'table-filter'
  readonly predicate: (value: Any, key: Any) => boolean
  readonly negate: boolean
  readonly store?: string
}
export interface TableMapValuesNode extends NodeBase {
  readonly kind: 'table-map-values'
  readonly mapper: (value: Any, key: Any) => Any
  readonly store?: string
}
/** A table's `transformValues`: as `mapValues`, with state. */
export interface TableTransformValuesNode extends NodeBase {
  readonly kind: 'table-transform-values'
  readonly supplier: ValueTransformerSupplier<Any, Any, Any, Any>
  /** Names of the stores that it may ask for. */
  readonly stores: readonly string[]
  readonly store?: string
}
export interface ToStreamNode extends NodeBase {
  readonly kind: 'to-stream'
}
export interface ToTableNode extends NodeBase {
  readonly kind: 'to-table'
  readonly store?: string
}
/**
 * The partition of a record, from 0, or all partitions that it goes to (none: it is dropped; KIP-837). undefined: by the
 * key's bytes, as Kafka's default partitioner.
 */
export type Partitioner = (key: Any, value: Any, partitions: number) => number | readonly number[] | undefined

/** Writes records to a topic. */
export interface WritingNode extends NodeBase {
  readonly key: Serde<Any>
  readonly value: Serde<Any>
  readonly partitioner?: Partitioner
  /** Default: the record's own timestamp. */
  readonly timestamp?: TimestampExtractor<Any, Any>
}
export interface SinkNode extends WritingNode {
  readonly kind: 'sink'
  readonly topic: string
}
/** Writes each record to the topic that a function of it names. */
export interface DynamicSinkNode extends WritingNode {
  readonly kind: 'dynamic-sink'
  readonly chooser: (value: Any, key: Any, record: RecordView) => string
}

/** Operators without state of ours, which are in the plan what the user wrote. */
export type StatelessNode =
  | FilterNode
  | MapNode
  | MapValuesNode
  | MapAsyncNode
  | FlatMapNode
  | FlatMapValuesNode
  | SelectKeyNode
  | PeekNode
  | MergeNode
  | SplitNode
  | BranchNode
  | ProcessNode
  | ProcessValuesNode
  | ToStreamNode
  | DynamicSinkNode

export type PlanNode =
  | SourceNode
  | StatelessNode
  | RepartitionNode
  | RepartitionChangesNode
  | StreamAggregateNode
  | TableAggregateNode
  | TableFilterNode
  | TableMapValuesNode
  | TableTransformValuesNode
  | ToTableNode
  | SinkNode
  | JoinNode
  | WindowNode
