import type { Encoded } from './codec.ts'
import type {
  KeyValueStore,
  PagedWindowStore,
  SessionStore,
  Store,
  TimestampedStore,
  VersionedStore,
  WindowStore,
} from './stores/store.ts'
import type { StoreDefinition } from './stores/definition.ts'
import type { StateEngine } from './engine/engine.ts'

/** Nothing, or a promise that must be awaited before the next record of the task. */
export type Pending = void | Promise<void>

/** How far the durable state of a task has come. Keys are `topic/partition`, values the next offset. */
export interface Checkpoint {
  readonly changelogs: Readonly<Record<string, number>>
  readonly inputs: Readonly<Record<string, number>>
}

/**
 * Receives what a store writes to its changelog. A null value deletes. Timestamp -1: the store keeps none (key-value
 * stores); the writer takes the one of the record that is being processed.
 *
 * The key is the store's key; window stores append the window start in 8 bytes, big-endian (Kafka Streams' WindowKeySchema
 * without its sequence number). The value is plain: the timestamp of a timestamped value is the record's.
 */
export type ChangelogWriter = (key: Encoded, value: Encoded | null, timestamp: number) => void

/** One record of a changelog, as it was read back. */
export interface ChangelogRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly timestamp: number
}

export interface TaskStateOptions {
  readonly engine: StateEngine
  /** In order of topology creation, which is the order of flushing (upstream first). */
  readonly stores: readonly StoreDefinition[]
  /** Bound of all caches of the task together, bytes (estimated). Default 16 MiB. Uncommitted entries cannot be evicted: see `needsCommit`. */
  readonly cacheMaxBytes?: number
}

/**
 * All stores of one task over one database. The database only ever holds committed state; what is not committed lives
 * in the stores' write-back caches. One `commit` is one atomic batch: dirty entries and the checkpoint.
 *
 * Life: `open` → (restore)* → [reads and writes → flush → commit | discard]* → close.
 */
export interface TaskState {
  /** What the last commit said; null for a new or wiped database. */
  readonly checkpoint: Checkpoint | null
  readonly stores: ReadonlyMap<string, Store>
  /** True when the uncommitted part has outgrown the cache bound: commit soon. O(1). */
  readonly needsCommit: boolean
  /** Estimated bytes of cached entries (dirty and clean). */
  readonly cachedBytes: number
  /** True when there is something that a commit would write. */
  readonly dirty: boolean

  keyValue<K, V>(name: string): KeyValueStore<K, V>
  timestamped<K, V>(name: string): TimestampedStore<K, V>
  window<K, V>(name: string): WindowStore<K, V>
  /** A window store whose definition has a `pageSpan`. */
  pagedWindow<K, V>(name: string): PagedWindowStore<K, V>
  session<K, V>(name: string): SessionStore<K, V>
  versioned<K, V>(name: string): VersionedStore<K, V>

  /** What the time-to-live of entries counts with, ms; to be set where there are such stores. Default: always 0. */
  clock: () => number

  /**
   * Flushes the stores that cache, in order of definition: for each dirty entry, in order of its last write, one changelog record and one call of
   * the store's flush listener. Listeners may write to stores further down; they are flushed after.
   * When it throws or rejects, `discard` is the only way on.
   */
  flush(): Pending
  /**
   * Writes all dirty entries and the checkpoint in one atomic batch. Call `flush` before; write to no store until it has
   * resolved. When it rejects, everything is as it was, and still dirty.
   *
   * @throws {StateStoreError} STATE_MISUSE (not flushed, or another write is going on), STATE_IO, STATE_CLOSED
   */
  commit(checkpoint: Checkpoint): Promise<void>
  /** Drops everything that is not committed, and the cache with it: what is read next comes from the database. */
  discard(): void
  /** Applies changelog records straight to the database, with the checkpoint, in one batch. Only while nothing is dirty. */
  restore(store: string, records: readonly ChangelogRecord[], checkpoint: Checkpoint): Promise<void>
  /** Empties the database, checkpoint included (before a full restore). */
  wipe(): Promise<void>
  close(): Promise<void>
}
