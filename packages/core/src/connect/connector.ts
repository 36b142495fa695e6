import type { Encoded, Headers } from '@millrace/state-store'
import type { z } from 'zod'
import type { FetchedBatch, TopicPartition } from '../log/log.ts'
import type { Serde } from '../serde/serde.ts'
import type { Logger } from '../runtime/logger.ts'

/**
 * A kind of system at the edge of a topology (`mysql`). Source feeds and views name their connector; the runtime gives all
 * feeds of one connector to one source task in the whole group, and each partition of each view's topic to one sink task.
 * Connectors see topics and bytes only, never operators or state.
 */
export interface Connector<Options = unknown> {
  /** The key of its options in `run(topology, { mysql: … })`. */
  readonly name: string
  readonly options: z.ZodType<Options>
  /** Throws when these feeds can't be read as asked. Called on each start by the task's owner, before `run`. */
  createSource?(feeds: readonly FeedPlan[], options: Options): SourceTask
  createSink?(view: ViewPlan, options: Options): SinkTask
}

/** What a user's source says about its feed (`mysqlTable(…)`); the plan adds the topic. */
export interface SourceFeed {
  readonly connector: Connector
  /** Name of what is read, for topic names and messages: `shop.payments`. */
  readonly name: string
  /** The connector's own settings for this feed. */
  readonly spec: unknown
}

export interface FeedPlan extends SourceFeed {
  readonly topic: string
  /** Asked for by the source. Absent: see `resolvePartitions`. */
  readonly partitions?: number
}

/** What a user's sink says (`mysqlView(…)`). */
export interface SinkView {
  readonly connector: Connector
  readonly name: string
  readonly spec: unknown
}

export interface ViewPlan extends SinkView {
  /** Application id: part of the identity under which offsets are kept at the sink. */
  readonly app: string
  /** The topic that the topology writes and the sink task reads. */
  readonly topic: string
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

/** Reads an outside system and appends records; runs in exactly one process of the group at a time. */
export interface SourceTask {
  /**
   * Until `context.signal` aborts (return then; what was not committed is dropped) or an error (the app stops with it). Afterwards
   * nothing that the task may still emit or commit counts.
   */
  run(context: SourceTaskContext): Promise<void>
  /**
   * Resolves when everything that the outside system had committed at the call is committed to the log. Called while `run`
   * is under way, for `app.caughtUp()`. Absent: the connector cannot tell.
   */
  caughtUp?(): Promise<void>
}

export interface SourceTaskContext {
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Position of the last commit, as it was given; null at the very first start. */
  readonly position: Uint8Array | null
  /** Appends to the feed's topic; the partition comes from the key, as Kafka's default partitioner does it. */
  emit(topic: string, key: Encoded | null, value: Encoded | null, timestamp: number, headers: Headers): void
  /** Bytes emitted since the last commit: commit before this grows past a few MiB. */
  readonly pendingBytes: number
  /**
   * All emitted records and the position, in one transaction under exactly-once. Under at-least-once records first. At most
   * one commit is under way at a time; emits during it belong to the next one.
   */
  commit(position: Encoded): Promise<void>
  /** Free-form figures for `metrics$`: `{ lagMs: 12, rows: 100 }`. */
  report(figures: Readonly<Record<string, number>>): void
}

/** Writes one partition of a view's topic to an outside system. */
export interface SinkTask {
  /** Takes ownership (fences earlier owners) and returns the next offset to be written. */
  open(partition: TopicPartition, logger: Logger): Promise<number>
  /** Writes the batch and its `nextOffset` in one transaction of the outside system. Resolves when committed. FENCED: another owner. */
  write(batch: FetchedBatch): Promise<void>
  close(): Promise<void>
}

/** Options of connectors by their names; a connector's package adds its own by declaration merging. */
export interface ConnectorOptions {}
