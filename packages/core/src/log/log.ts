import type { Encoded, Headers } from '@millrace/state-store'
import type { LogRecord } from './records/log-record.ts'

/**
 * The port to a partitioned log: everything that the runtime needs of Kafka, and nothing that only Kafka has. An adapter
 * is right when `logSuite()` passes.
 */
export interface Log {
  /** `embedded` or `kafka`, for messages and metrics. */
  readonly name: string
  readonly admin: LogAdmin
  /** Partitions are assigned by hand (the runtime assigns tasks). One reader has its own connection and prefetches. */
  openReader(options: ReaderOptions): Promise<LogReader>
  /**
   * With a transactional id, opening fences every earlier writer of that id and aborts what it left open; call it BEFORE
   * reading committed offsets.
   */
  openWriter(options: WriterOptions): Promise<LogWriter>
  /** Joins nothing yet: see GroupMember.join. */
  openMember(options: MemberOptions): Promise<GroupMember>
  close(): Promise<void>
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `topic/partition`: the form used as a map key everywhere (checkpoints, offsets, metrics). */
export type TopicPartitionKey = string

export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  /** Default: the broker's own (embedded log: 1). */
  readonly replicas?: number
  readonly cleanup: 'delete' | 'compact' | 'compact,delete'
  /** -1 keeps forever. Default: the broker's own (embedded log: 7 days). Counts from record timestamps, as in Kafka. */
  readonly retentionMs?: number
  readonly retentionBytes?: number
  /** Further topic configuration, by Kafka's names; the embedded log ignores what it does not know. */
  readonly config?: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: number
  /** `cleanup.policy`, `retention.ms` and the like, by Kafka's names. */
  readonly config: Readonly<Record<string, string>>
}

export interface LogAdmin {
  /** Topics that do not exist are absent from the answer. */
  describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>
  /** Resolves when every topic can be used. A topic that exists already is left as it is, without an error. */
  createTopics(specs: readonly TopicSpec[]): Promise<void>
  deleteTopics(topics: readonly string[]): Promise<void>
  /**
   * `read-committed` (the default): offset of the next record that a read-committed reader could see (last stable offset).
   * `read-uncommitted`: the high watermark, pending transactions included: what a restore must wait for, because the marker of
   * a transaction whose offsets are committed already may reach a changelog later (KAFKA-10167).
   * Missing topic: TOPIC_MISSING.
   */
  endOffsets(
    partitions: readonly TopicPartition[],
    isolation?: 'read-committed' | 'read-uncommitted',
  ): Promise<ReadonlyMap<TopicPartitionKey, number>>
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, number>>
  /** Waits for pending transactions on the offsets (KIP-447 require_stable). Partitions without an offset are absent. */
  committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffsets>
  /** Deletes everything before the offset, for repartition topics that have been read. Best effort. */
  deleteRecords(before: ReadonlyMap<TopicPartitionKey, number>): Promise<void>
}

export interface ReaderOptions {
  /** For messages and client ids. */
  readonly name: string
  /** Upper bound of what is fetched and not yet taken by `poll`, bytes. Default 8 MiB. */
  readonly maxBufferedBytes?: number
  /** What to do when a position is out of range (retention took it). Default `fail`: OFFSET_OUT_OF_RANGE from `poll`. */
  readonly outOfRange?: 'fail' | 'earliest' | 'latest'
}

/** What `poll` returns for one partition: records in offset order, committed ones only. */
export interface FetchedBatch extends TopicPartition {
  readonly records: readonly LogRecord[]
  /** The position after this batch: may be past the last record (control records, aborted ones, compaction). */
  readonly nextOffset: number
  /** Last stable offset at the time of the fetch, for lag and for "caught up". */
  readonly endOffset: number
  readonly bytes: number
}

export interface LogReader {
  /** Adds partitions, or moves those that are there; what was prefetched for them is dropped. */
  assign(positions: ReadonlyMap<TopicPartitionKey, number>): void
  /** Answers that are on their way for these are dropped. */
  unassign(partitions: Iterable<TopicPartitionKey>): void
  /** A paused partition yields nothing from `poll` until resumed; what is prefetched is held, not lost. */
  pause(partitions: Iterable<TopicPartitionKey>): void
  resume(partitions: Iterable<TopicPartitionKey>): void
  /**
   * What has arrived, at once if there is something, else after waiting up to `maxWaitMs`. Empty batches (nextOffset moved
   * without a record) are returned too.
   */
  poll(maxWaitMs: number): Promise<readonly FetchedBatch[]>
  /** Makes a `poll` that waits return now; if none does, the next one does not wait. */
  wakeup(): void
  close(): Promise<void>
}

export interface WriterOptions {
  readonly name: string
  /** With an id everything is transactional; without, idempotent with acks from all replicas. */
  readonly transactionalId?: string
  /** After this the broker aborts an open transaction of a writer that died, ms. Default 60 000. */
  readonly transactionTimeoutMs?: number
}

/** Identity of a group member at one generation: what fences a zombie's offset commit (KIP-447). */
export interface GroupIdentity {
  readonly group: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId?: string
}

/** How far a group has come. */
export interface CommittedOffsets {
  readonly offsets: ReadonlyMap<TopicPartitionKey, number>
  /** Text that was committed beside an offset; partitions without one are absent. */
  readonly metadata: ReadonlyMap<TopicPartitionKey, string>
}

export interface OffsetCommit {
  readonly identity: GroupIdentity
  readonly offsets: ReadonlyMap<TopicPartitionKey, number>
  /** Text to keep beside some of the offsets: replaces what was there, as does none. Kafka takes up to 4,096 bytes each. */
  readonly metadata?: ReadonlyMap<TopicPartitionKey, string>
}

/**
 * Appends go synchronously into the batches being built; nothing is awaited per record. Full batches are sent in the
 * background. A transaction begins with the first append after `commit` or `abort`.
 *
 * Errors of background sends surface at the next `flush` or `commit`.
 */
export interface LogWriter {
  /**
   * Bytes appended and not yet acknowledged: the runtime stops feeding above its bound. A log may hold a transaction's records
   * in memory until its commit (the embedded one does, so that an abort leaves nothing behind): then only `commit` brings
   * this down, so a runtime above its bound commits early rather than wait.
   */
  readonly pendingBytes: number
  /**
   * Appends one record. Headers without entries cost nothing.
   * @throws {MillraceError} RECORD_TOO_LARGE; TOPIC_MISSING when the partition count of the topic is not known (see prepare)
   */
  append(topic: string, partition: number, timestamp: number, key: Encoded | null, value: Encoded | null, headers?: Headers): void
  /** Learns the topics' partition counts (and leaders) before appending. TOPIC_MISSING when one does not exist. */
  prepare(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Resolves when everything appended so far is acknowledged. */
  flush(): Promise<void>
  /**
   * Transactional: flush, add the offsets, end the transaction; afterwards all of it is visible, or (on an error) nothing.
   * Otherwise: flush, then commit the offsets. With nothing appended and no offsets it does nothing.
   * Resolves to the next offset of each partition that this writer appended to since the last commit
   * (transaction markers included where the log has them): the changelog checkpoints.
   * @throws {MillraceError} FENCED (close these tasks), REBALANCE_IN_PROGRESS / NOT_A_MEMBER (aborted; rejoin),
   *   TRANSACTION_ABORTED (aborted; go back to the committed offsets)
   */
  commit(offsets?: OffsetCommit): Promise<ReadonlyMap<TopicPartitionKey, number>>
  /** Drops what was appended since the last commit. A non-transactional writer can only drop what it has not sent. */
  abort(): Promise<void>
  close(): Promise<void>
}

export interface MemberOptions {
  readonly group: string
  /** Topics of the subscription, for tools that show groups. */
  readonly topics: readonly string[]
  readonly instanceId?: string
  /**
   * True: what an earlier process left in the group under this instance id is removed before the first join, so that a process
   * that was killed is replaced at once and not after its session timeout. Default false: its membership is taken over
   * without a rebalance (KIP-345).
   */
  readonly replaceEarlier?: boolean
  /** Default 45 000 ms: a synchronous stall shorter than this keeps the membership. */
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  /** Called (once per round) when the group rebalances: finish, commit, and join again. */
  readonly onRebalance: () => void
}

/** A member as the leader sees it. */
export interface MemberInfo {
  readonly memberId: string
  readonly userData: Uint8Array
}

export interface Assignment {
  readonly identity: GroupIdentity
  readonly userData: Uint8Array
}

export interface GroupMember {
  /**
   * Joins, or rejoins after onRebalance. `userData` is what this member tells the leader; `assign` runs on the leader only
   * and returns each member's assignment. Heartbeats go on in the background while joined.
   * @throws {MillraceError} FENCED when another process has taken this instance id
   */
  join(userData: Uint8Array, assign: (members: readonly MemberInfo[]) => ReadonlyMap<string, Uint8Array>): Promise<Assignment>
  /** True from onRebalance until the next successful join. */
  readonly rebalancing: boolean
  /** Leaves the group, so that the others need not wait for the session timeout. */
  leave(): Promise<void>
}
