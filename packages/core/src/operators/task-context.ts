import type { Encoded, Headers, Pending, TaskState } from '@millrace/state-store'
import type { LogRecord } from '../log/records/index.ts'

/** Where compiled operators send records that leave the task. Synchronous: bytes go into the batch being built. */
export interface RecordCollector {
  /** Without a partition: murmur2 of the key's bytes, as Kafka's default partitioner; a null key goes round robin. */
  send(topic: string, key: Encoded | null, value: Encoded | null, timestamp: number, headers: Headers, partition?: number): void
  /** Partition count of a topic that the task writes to. */
  partitions(topic: string): number
  /**
   * To be called before a record is sent to a topic that the plan does not name: finds out its partitions. A promise the
   * first time, which rejects with TOPIC_MISSING.
   */
  lookUp(topic: string): Pending
}

/** Stores that are the process's, by name. */
export type GlobalStores = Pick<TaskState, 'keyValue' | 'timestamped' | 'window' | 'session'>

/** What a task gives its operators. One object for the life of the task; operators read it, the task writes it. */
export interface TaskContext {
  /** `<sub-topology>_<partition>`. */
  readonly taskId: string
  readonly partition: number
  readonly state: TaskState
  /** The stores of global tables, and global stores: the process's, shared by its tasks, which only read them. */
  readonly globals: GlobalStores
  /**
   * What happens when a user's function throws: the task stops before this record (`stop`, the default), or the operator
   * drops it and the others go on (`continue`, KIP-1033).
   */
  readonly onProcessingError?: 'stop' | 'continue'
  readonly collector: RecordCollector
  /** Largest timestamp of the records taken so far; -1 before the first. */
  readonly streamTime: number
  /** ms since the epoch; virtual in tests. */
  wallClock(): number
  /** Counts a record that was dropped, by reason (`null-key`, `late`, `invalid`), for metrics. */
  dropped(operator: string, reason: string): void
  /** Asks for a commit soon. */
  requestCommit(): void
  /** Asks for a turn: a result that an operator waited for has come. */
  wake(): void
}

/** One source topic of a compiled task. The task loads a record (to know its timestamp), later processes it. */
export interface SourceInput {
  readonly topic: string
  /**
   * Decodes the record into this input's single slot and returns its timestamp; -1 when the record is to be skipped (its
   * timestamp is negative, or its policy says skip or dead-letter, which is then already done).
   * @throws {MillraceError} RECORD_INVALID under the policy `stop`
   */
  load(record: LogRecord): number
  /** Pushes the loaded record through the operators. */
  process(): Pending
}

/** What the asynchronous operators of a task have under way. */
export interface TaskAsyncWork {
  /** True when records were taken whose results were not passed on: a commit has to wait for them. */
  readonly underWay: boolean
  /** True when `passOn` has something to do. */
  readonly hasReady: boolean
  /** Passes on the results that are there. Only between two records. */
  passOn(): Pending
  /** Resolves when nothing is under way. Only between two records. */
  drain(): Promise<void>
}

/** The operators of one sub-topology, wired for one task. */
export interface CompiledTask {
  readonly inputs: ReadonlyMap<string, SourceInput>
  /** Runs what is due at the task's stream time, after a record was processed. O(1) when nothing is due. */
  afterRecord(): Pending
  /** Runs wall-clock punctuators that are due. */
  punctuateWallClock(now: number): Pending
  /** When `punctuateWallClock` must be called next; Infinity: never. */
  readonly nextWallClockDue: number
  /** What operators have under way that wait for something outside. */
  readonly async: TaskAsyncWork
  /** Ends what the users' code has begun. */
  close(): void
}
