/**
 * What users write topologies with: fluent, immutable classes over the graph of plan/graph. They check what they are given and
 * add nodes; they know nothing of how these run.
 */
export { type AggregateOptions, GroupedStream } from './grouped-stream.ts'
export {
  type CogroupAdd,
  CogroupedStream,
  type CogroupOptions,
  SessionCogroupedStream,
  type SessionCogroupOptions,
  WindowedCogroupedStream,
  type WindowedCogroupOptions,
} from './cogrouped-stream.ts'
export { GroupedTable, type TableAggregateOptions, type TableReduceOptions } from './grouped-table.ts'
export type {
  KeptKey,
  KeyOption,
  KeySerdeAfter,
  KeySerdeNeeded,
  KeySerdeState,
  KnowsKeySerde,
} from './key-serde.ts'
export { NamedNodes, type ParentReference, type ProcessorOptions } from './named-nodes.ts'
export type { OperatorOptions, StoreOptions, TableStoreOptions, ValueOptions, WindowStoreOptions } from './operator-options.ts'
export { type MapAsyncOptions, ProcessingOperators, type ProcessOptions } from './processing-operators.ts'
export { RecordOperators, type SameKeys } from './record-operators.ts'
export { type SessionAggregateOptions, SessionWindowedStream } from './session-windowed-stream.ts'
export { session, type SessionOptions, type SessionWindows } from './session-windows.ts'
export { sliding, type SlidingOptions, type SlidingWindows } from './sliding-windows.ts'
export { SplitStream } from './split-stream.ts'
export {
  type KeyedStoreBuilderOptions,
  keyValueStore,
  sessionStore,
  type SessionStoreBuilderOptions,
  type StoreBuilderOptions,
  timestampedStore,
  type WindowStoreBuilderOptions,
  windowStore,
} from './store-builders.ts'
export { type RepartitionOptions, Stream } from './stream.ts'
export {
  type SuppressBounds,
  type Suppressed,
  type SuppressOverflow,
  type UntilTimeLimit,
  type UntilWindowCloses,
  untilTimeLimit,
  untilWindowCloses,
} from './suppressed.ts'
export { Table, type TableGroupOptions } from './table.ts'
export { type GlobalTableOptions, type TableSourceOptions, type Topology, TopologyBuilder, topology } from './topology.ts'
export type { TypeProblem } from './type-problem.ts'
export { type WindowedAggregateOptions, WindowedStream } from './windowed-stream.ts'
export type { WindowedTable } from './windowed-table.ts'
export {
  type HoppingOptions,
  hopping,
  type TimeWindows,
  type TumblingOptions,
  tumbling,
  type UnlimitedOptions,
  unlimited,
} from './windows.ts'
export type { ToOptions, TopicChooser } from './write-options.ts'
export { GlobalTable } from './global-table.ts'
export type {
  ForeignKeyJoinOptions,
  GlobalJoinOptions,
  JoinDistance,
  JoinKeys,
  StreamJoinOptions,
  StreamTableJoinOptions,
} from './join-options.ts'
export { JoiningOperators } from './joining-operators.ts'
export { JoiningTable } from './joining-table.ts'
