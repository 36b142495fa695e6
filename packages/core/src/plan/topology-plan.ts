import type { StoreDefinition } from '@millrace/state-store'
import type { FeedPlan, ViewPlan } from '../connect/connector.ts'
import type { Any, PlanNode, SourceNode } from './nodes/node.ts'
import type { ProcessorSupplier } from './processor.ts'
import type { StoreBuilder } from './store-builder.ts'

/** Why a topic is there. */
export type TopicRole =
  /** The user's, read. */
  | 'source'
  /** The user's, written. */
  | 'sink'
  /** Filled by a source connector; created if missing. */
  | 'feed'
  /** Written by the topology, read by a sink connector; created if missing. */
  | 'view'
  | 'repartition'
  | 'changelog'
  | 'dead-letter'

export interface TopicPlan {
  /** The topic's real name, application id included where it is internal. */
  readonly topic: string
  readonly role: TopicRole
  /** Asked for by the user; absent: see `resolvePartitions`. */
  readonly partitions?: number
  readonly cleanup: 'delete' | 'compact' | 'compact,delete'
  readonly retentionMs?: number
}

export interface StorePlan {
  readonly definition: StoreDefinition
  /** Absent: logging is off, or the store is restored from its source topic. */
  readonly changelogTopic?: string
  /** The table's own topic, from which the store is restored (optimised). */
  readonly sourceTopic?: string
  /** How the user declared it; absent: it belongs to an operator of the DSL. */
  readonly declared?: StoreBuilder
  /** Path names of the operators that use it. */
  readonly operators: readonly string[]
}

/** Operators that share stores or hand records to each other directly: runs as one task for each partition. */
export interface Subtopology {
  /** Stable: the first of its source topics without the application id. Task ids are `<name>_<partition>`. */
  readonly name: string
  /** Path names of its nodes, in creation order. */
  readonly nodes: readonly string[]
  /** Real names of the topics that it reads. */
  readonly sourceTopics: readonly string[]
  readonly sinkTopics: readonly string[]
  /** In creation order (upstream first): the order of flushing. */
  readonly stores: readonly string[]
  /** How long none of its inputs may have brought anything before event time moves on with the wall clock, ms. Absent: it never does. */
  readonly idleAfter?: number
  /** Groups of source topics that must have the same number of partitions, each with the operator that wants it. */
  readonly copartitioned: readonly { readonly topics: readonly string[]; readonly operator: string }[]
}

/** A topic that every process reads whole, into a store that all its tasks can look into. */
export interface GlobalPlan {
  readonly store: string
  readonly source: SourceNode
  /** Makes what of a record goes into the store; absent: its value, as in a table. */
  readonly supplier?: ProcessorSupplier<Any, Any, Any, Any, Any>
}

/**
 * Everything the runtime must know of a topology before it runs. Plain data but for the users' functions and serdes in the
 * nodes, which only the operators read (see operators/compile.ts).
 */
export interface TopologyPlan {
  /** Application id: prefix of internal topics, the consumer group, part of transactional ids. */
  readonly app: string
  /** By id, in creation order (parents first). */
  readonly nodes: ReadonlyMap<string, PlanNode>
  /** Ids of the table nodes that must send old values along, because somebody downstream asked for them. */
  readonly needsPrevious: ReadonlySet<string>
  readonly subtopologies: readonly Subtopology[]
  readonly topics: ReadonlyMap<string, TopicPlan>
  /** Those of global tables included, which are in no sub-topology. */
  readonly stores: ReadonlyMap<string, StorePlan>
  readonly globals: readonly GlobalPlan[]
  readonly feeds: readonly FeedPlan[]
  readonly views: readonly ViewPlan[]
}
