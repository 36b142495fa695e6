import type { Codec } from '../codec.ts'

interface StoreDefinitionBase<K, V> {
  readonly name: string
  readonly key: Codec<K>
  readonly value: Codec<V>
  /**
   * True: updates of one key between two commits are merged before they reach the changelog and the flush listener
   * (Kafka Streams' record cache). False: each update is written to the changelog at once.
   */
  readonly caching: boolean
  /**
   * Where committed entries are. `engine`, the default: in the task's database. `memory`: in this process only; the store is
   * empty after a restart, and has to be restored from its changelog.
   */
  readonly storage?: 'engine' | 'memory'
}

interface KeyedDefinition<K, V> extends StoreDefinitionBase<K, V> {
  /**
   * How long an entry lives after it was last put, ms of the clock that `TaskState.clock` is set to; it is then as if it were
   * not there. Absent: for ever.
   */
  readonly timeToLive?: number
}

/** Key → value. */
export interface KeyValueDefinition<K, V> extends KeyedDefinition<K, V> {
  readonly kind: 'key-value'
}

/** Key → value and timestamp: tables and unwindowed aggregates. */
export interface TimestampedDefinition<K, V> extends KeyedDefinition<K, V> {
  readonly kind: 'timestamped'
}

/** (Key, window start) → value and timestamp: windowed aggregates. */
export interface WindowDefinition<K, V> extends StoreDefinitionBase<K, V> {
  readonly kind: 'window'
  /** Length of a window, ms. */
  readonly size: number
  /** An entry is visible while its start > greatest start ever put - retention, ms. */
  readonly retention: number
  /** With `pageSpan` only: how much longer entries are kept for `entries`, which then finds what nobody else sees. Default 0, ms. */
  readonly linger?: number
  /**
   * Given: windows of a key that start within so many ms are kept together, so that neighbours can be read synchronously: a
   * `PagedWindowStore`. About as long as what is looked at for one record.
   */
  readonly pageSpan?: number
  /** With `pageSpan` only: a put adds an entry, and never replaces one of the same key and start. */
  readonly duplicates?: boolean
}

/** (Key, session start and end) → value. */
export interface SessionDefinition<K, V> extends StoreDefinitionBase<K, V> {
  readonly kind: 'session'
  /** A session is visible while its end > greatest end ever put - retention, ms. */
  readonly retention: number
  /** How much longer sessions are kept for `findKept`, which then finds what nobody else sees. Default 0, ms. */
  readonly linger?: number
}

/** Key → versions of a value, by timestamp. Never cached: each version counts. */
export interface VersionedDefinition<K, V> extends StoreDefinitionBase<K, V> {
  readonly kind: 'versioned'
  /** How far back from the greatest timestamp ever put versions can be read and put, ms. */
  readonly historyRetention: number
}

// oxlint-disable-next-line typescript/no-explicit-any -- a list of stores has keys and values of all types
export type StoreDefinition<K = any, V = any> =
  | KeyValueDefinition<K, V>
  | TimestampedDefinition<K, V>
  | WindowDefinition<K, V>
  | SessionDefinition<K, V>
  | VersionedDefinition<K, V>
