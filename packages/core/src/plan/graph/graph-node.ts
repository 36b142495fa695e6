import type { SourceFeed, SinkView } from '../../connect/connector.ts'
import type { Serde } from '../../serde/serde.ts'
import type {
  Any,
  NodeBase,
  Partitioner,
  SinkNode,
  SourceNode,
  StatelessNode,
  StreamAggregateNode,
  TableAggregateNode,
  TableFilterNode,
  TableMapValuesNode,
  TableTransformValuesNode,
} from '../nodes/node.ts'
import type { EmitStrategy, SessionAggregateNode, SuppressNode, WindowPlan } from '../nodes/window-nodes.ts'
import type { GraphJoin } from './join-graph-nodes.ts'

/** How the records of a stream are written. */
export interface StreamSerdes {
  readonly key: Serde<Any>
  readonly value: Serde<Any>
}

/** What the user said about a store, and the serdes that it would have. */
export interface StoreRequest {
  /** The store's name; absent: from the operator's path. */
  readonly as?: string
  readonly key: Serde<Any>
  readonly value: Serde<Any>
  /** Absent: the plan's default. */
  readonly caching?: boolean
  /** False: no changelog, so the store is empty after the loss of its folder. */
  readonly logging: boolean
  /** True: in this process only, restored from the changelog at each start. */
  readonly inMemory: boolean
  /** Windowed stores only, ms. Absent: size + grace. */
  readonly retention?: number
  /** Tables only: versions are kept, and can be looked up as of so far back, ms. */
  readonly versioned?: number
}

/** A topic or feed that is read. */
export interface GraphSource extends Omit<SourceNode, 'topic' | 'store' | 'changes'> {
  /** Absent: the feed's own topic. */
  readonly topic?: string
  readonly feed?: SourceFeed
  readonly partitions?: number
  readonly retention?: number
  /** Tables only. Without `as` the store exists when somebody needs it. */
  readonly store?: StoreRequest
}

/** How a stream is grouped. One object for all aggregates of one grouped stream. */
export interface StreamGrouping extends StreamSerdes {
  /** Names the repartition topic, which all aggregates of this grouping then share. */
  readonly name?: string
}

export interface TableGrouping extends StreamGrouping {
  readonly keySelector: (value: Any, key: Any) => Any
  readonly valueMapper: (value: Any, key: Any) => Any
}

/** count, reduce and aggregate of a grouped stream, windowed or not. */
export interface GraphStreamAggregate extends NodeBase, Pick<StreamAggregateNode, 'initial' | 'add'> {
  readonly kind: 'stream-aggregate'
  readonly grouping: StreamGrouping
  readonly window?: WindowPlan
  /** Session windows only. Absent: reduce, sessions are merged as values are. */
  readonly merge?: SessionAggregateNode['merge']
  /** Absent: `on-window-update`. */
  readonly emit?: EmitStrategy
  readonly store: StoreRequest
}

/** Several grouped streams (parents, in the order of inputs) in one aggregate. */
export interface GraphCogroup extends NodeBase, Pick<GraphStreamAggregate, 'window' | 'merge' | 'store'> {
  readonly kind: 'cogroup'
  readonly inputs: readonly { readonly grouping: StreamGrouping; readonly add: StreamAggregateNode['add'] }[]
  readonly initial: () => Any
}

export interface GraphSuppress extends NodeBase, Pick<SuppressNode, 'kind' | 'until' | 'maxRecords' | 'maxBytes' | 'whenFull'> {
  readonly buffer: StoreRequest
}

/** count, reduce and aggregate of a grouped table. */
export interface GraphTableAggregate extends NodeBase, Pick<TableAggregateNode, 'initial' | 'add' | 'subtract'> {
  readonly kind: 'table-aggregate'
  readonly grouping: TableGrouping
  readonly store: StoreRequest
}

export interface GraphTableFilter extends Omit<TableFilterNode, 'store'> {
  /** Absent: not materialized. */
  readonly store?: StoreRequest
}

export interface GraphTableMapValues extends Omit<TableMapValuesNode, 'store'> {
  /** Absent: not materialized. */
  readonly store?: StoreRequest
}

export interface GraphTableTransformValues extends Omit<TableTransformValuesNode, 'store'> {
  /** Absent: not materialized. */
  readonly store?: StoreRequest
}

export interface GraphToTable extends NodeBase {
  readonly kind: 'to-table'
  readonly name?: string
  /** Serdes of the stream's records, for the repartition topic. */
  readonly value: Serde<Any>
  /** Without `as` the store exists when somebody needs it. */
  readonly store: StoreRequest
}

export interface GraphRepartition extends NodeBase, StreamSerdes {
  readonly kind: 'repartition'
  readonly name?: string
  readonly partitions?: number
  readonly partitioner?: Partitioner
}

/** A topic or view that is written. */
export interface GraphSink extends NodeBase, Pick<SinkNode, 'key' | 'value' | 'partitioner' | 'timestamp'> {
  readonly kind: 'sink'
  /** Absent: the view's own topic. */
  readonly topic?: string
  readonly view?: SinkView
}

/** An operator as the user wrote it. */
export type GraphNode =
  | GraphSource
  | StatelessNode
  | GraphRepartition
  | GraphStreamAggregate
  | GraphTableAggregate
  | GraphCogroup
  | GraphSuppress
  | GraphTableFilter
  | GraphTableMapValues
  | GraphTableTransformValues
  | GraphToTable
  | GraphSink
  | GraphJoin
