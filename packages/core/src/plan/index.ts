/**
 * From what the user wrote (graph/) to what runs: names, repartitioning, stores, topics, sub-topologies, co-partitioning; and
 * descriptions of it for people and tools. Pure functions over plain data; no I/O.
 */
export { type DescribedNode, type DescribedPlan, describeJson } from './describe/describe-json.ts'
export { describeMermaid } from './describe/describe-mermaid.ts'
export { describeText } from './describe/describe-text.ts'
export { describeDiff, type IncompatibleStore, type PlanDiff, planDiff, type RenamedStore } from './diff/index.ts'
export type { EmitStrategy } from './nodes/window-nodes.ts'
export { type PlanOptions, planTopology } from './plan-topology.ts'
export type {
  BaseProcessorContext,
  Cancellable,
  FixedKeyProcessorContext,
  FixedKeyProcessorSupplier,
  OutgoingRecord,
  OutgoingValue,
  Processor,
  ProcessorContext,
  ProcessorRecord,
  ProcessorSupplier,
  PunctuationOptions,
  Punctuator,
  RecordMetadata,
  StoreReference,
  ValueTransformerSupplier,
} from './processor.ts'
export type {
  ProcessorKeyValueStore,
  ProcessorSessionStore,
  ProcessorTimestampedStore,
  ProcessorWindowStore,
  StoreOf,
} from './processor-store.ts'
export type { OnInvalid, RecordView, TimestampExtractor } from './record-view.ts'
export { type PartitionDefaults, resolvePartitions } from './resolve-partitions.ts'
export type {
  KeyValueStoreBuilder,
  SessionStoreBuilder,
  StoreBuilder,
  TimestampedStoreBuilder,
  WindowStoreBuilder,
} from './store-builder.ts'
export type { StorePlan, Subtopology, TopicPlan, TopicRole, TopologyPlan } from './topology-plan.ts'
export type { ColumnValue, TopicSink, ViewKey, ViewValue, WindowColumn } from './topic-sink.ts'
export type { SourceOptions, TopicSource } from './topic-source.ts'
