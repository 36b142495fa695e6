import type { Encoded } from '../codec.ts'
import type { ChangelogWriter, Pending } from '../task-state.ts'

/** Record headers, in order; a value may be null. Shared by all layers above. */
export type Headers = readonly (readonly [name: string, value: Uint8Array | null])[]

/** What every kind of store has. */
export interface Store {
  readonly name: string
  readonly kind: 'key-value' | 'timestamped' | 'window' | 'session' | 'versioned'
  /** Set by the runtime before the first write; null (the default): the store has no changelog. */
  changelog: ChangelogWriter | null
}

/** Numbers that operators keep with a store: see `WindowStore.marks`. */
export interface StoreMarks {
  get(index: number): number | undefined
  set(index: number, value: number): void
}

export type Direction = 'forward' | 'reverse'

/** A value with the timestamp of the newest record that went into it. */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestamp: number
}

/**
 * Called at flush, once for each entry that changed: undefined is absent. `previous` is the value at the last flush, never
 * bent by a function that changed the stored object in place: objects are decoded again from what was then written.
 */
export type FlushListener<K, V> = (
  key: K,
  next: V | undefined,
  previous: V | undefined,
  timestamp: number,
  headers: Headers,
) => Pending

/** Called at flush of a window store. */
export type WindowFlushListener<K, V> = (
  key: K,
  windowStart: number,
  next: V | undefined,
  previous: V | undefined,
  timestamp: number,
  headers: Headers,
) => Pending

/**
 * Ordered by the unsigned bytes of the encoded key. Point access is synchronous; scans are asynchronous, cache and
 * database merged, over a snapshot that is taken at the first step: writing meanwhile is allowed, and not seen.
 *
 * Values belong to the store: do not change them in place unless you put them back at once.
 */
export interface KeyValueStore<K, V> extends Store {
  get(key: K): V | undefined
  put(key: K, value: V): void
  delete(key: K): void
  /** `from <= key <= to` (both inclusive, as in Kafka Streams); a missing bound is open. */
  range(from?: K, to?: K, direction?: Direction): AsyncIterable<readonly [K, V]>
  /** Entries whose encoded keys begin with these bytes (a string: its UTF-8 bytes), as Kafka Streams' prefixScan. */
  prefixScan(prefix: Encoded, direction?: Direction): AsyncIterable<readonly [K, V]>
}

export interface TimestampedStore<K, V> extends Store {
  get(key: K): ValueAndTimestamp<V> | undefined
  /** As `get`, at the last flush: what the flush listener knows. Without caching there is no difference. */
  getFlushed(key: K): ValueAndTimestamp<V> | undefined
  /** Headers are kept in the cache only, for the flush listener. */
  put(key: K, value: V, timestamp: number, headers: Headers): void
  delete(key: K, timestamp: number, headers: Headers): void
  range(from?: K, to?: K, direction?: Direction): AsyncIterable<readonly [K, ValueAndTimestamp<V>]>
  /** As in `KeyValueStore`. */
  prefixScan(prefix: Encoded, direction?: Direction): AsyncIterable<readonly [K, ValueAndTimestamp<V>]>
  /** Set once by the operator that owns the store; only called when the definition says `caching`. */
  onFlush: FlushListener<K, V> | null
  /**
   * Whether `onFlush` is told the previous value. Default true; set it to false where nobody asks for old values, which
   * saves reading them: `previous` is then undefined.
   */
  previousWanted: boolean
}

export interface WindowStore<K, V> extends Store {
  readonly size: number
  /** Greatest window start ever put or deleted: what retention counts from. -Infinity when empty. */
  readonly observedStart: number
  get(key: K, windowStart: number): ValueAndTimestamp<V> | undefined
  /** As in `TimestampedStore`. */
  getFlushed(key: K, windowStart: number): ValueAndTimestamp<V> | undefined
  /**
   * A start that is already out of retention is ignored.
   *
   * @throws {RangeError} when the start is no whole number from 0 up to 2^48
   */
  put(key: K, windowStart: number, value: V, timestamp: number, headers: Headers): void
  delete(key: K, windowStart: number, timestamp: number, headers: Headers): void
  /** Windows of one key with `from <= start <= to`, ascending by start. */
  fetch(
    key: K,
    from: number,
    to: number,
    direction?: Direction,
  ): AsyncIterable<readonly [windowStart: number, ValueAndTimestamp<V>]>
  /** All keys, `from <= start <= to`, ascending by start, then key bytes. */
  fetchAll(from: number, to: number): AsyncIterable<readonly [key: K, windowStart: number, ValueAndTimestamp<V>]>
  onFlush: WindowFlushListener<K, V> | null
  /** As in `TimestampedStore`. */
  previousWanted: boolean
  /** What the operators of the store must know after a restart besides its entries, such as how far event time has come. */
  readonly marks: StoreMarks
}

/** One window of a key. */
export interface WindowEntry<V> extends ValueAndTimestamp<V> {
  readonly start: number
}

/** A window store that reads the neighbouring windows of a key synchronously. */
export interface PagedWindowStore<K, V> extends WindowStore<K, V> {
  /**
   * Windows of one key with `from <= start <= to`, ascending by start, then (duplicates) in order of arrival. For ranges of a
   * few page spans: it looks into each. Also those that are only kept still (`linger`).
   */
  entries(key: K, from: number, to: number): readonly WindowEntry<V>[]
}

/** One session of a key: `start <= time <= end`. */
export interface SessionEntry<V> {
  readonly start: number
  readonly end: number
  readonly value: V
}

/** Called at flush of a session store. */
export type SessionFlushListener<K, V> = (
  key: K,
  start: number,
  end: number,
  next: V | undefined,
  previous: V | undefined,
  timestamp: number,
  headers: Headers,
) => Pending

export interface SessionStore<K, V> extends Store {
  /** Greatest session end ever put: what retention counts from. -Infinity when empty. */
  readonly observedEnd: number
  /** Sessions of a key that end at `earliestEnd` or later and start at `latestStart` or earlier; ascending by end, then start. */
  findSessions(key: K, earliestEnd: number, latestStart: number): readonly SessionEntry<V>[]
  /** As `findSessions`, with those that are only kept still (`linger`). */
  findKept(key: K, earliestEnd: number, latestStart: number): readonly SessionEntry<V>[]
  get(key: K, start: number, end: number): V | undefined
  /** As in `TimestampedStore`. */
  getFlushed(key: K, start: number, end: number): V | undefined
  /** A session whose end is already out of retention is ignored. `timestamp` and headers are for changelog and listener. */
  put(key: K, start: number, end: number, value: V, timestamp: number, headers: Headers): void
  remove(key: K, start: number, end: number, timestamp: number, headers: Headers): void
  /** All sessions, by key bytes, then end, then start. */
  all(): AsyncIterable<readonly [key: K, SessionEntry<V>]>
  onFlush: SessionFlushListener<K, V> | null
  /** As in `TimestampedStore`. */
  previousWanted: boolean
  /** As in `WindowStore`. */
  readonly marks: StoreMarks
}

/** A value and the time during which it was the key's: `validFrom <= time < validTo`; null: until further notice. */
export interface Version<V> {
  readonly value: V
  readonly validFrom: number
  readonly validTo: number | null
}

/** What became of a put: the key's newest version, one between older ones, or nothing: it was before the history. */
export type VersionedPut = 'latest' | 'outdated' | 'expired'

/** Values by key and time (KIP-889). A deletion is a version too: from then on there is nothing. */
export interface VersionedStore<K, V> extends Store {
  readonly historyRetention: number
  /** Greatest timestamp ever put: what the history counts from. -Infinity when empty. */
  readonly observedTime: number
  /** The latest version. */
  get(key: K): ValueAndTimestamp<V> | undefined
  /**
   * The version valid at a time, with the time from which it is valid. The latest version is always found; replaced ones only
   * as of a time within the history.
   */
  getAsOf(key: K, timestamp: number): ValueAndTimestamp<V> | undefined
  put(key: K, value: V | null, timestamp: number): VersionedPut
  /** All versions that are kept: those of the history, and of some time before it. Ascending; a deletion leaves a gap. */
  versions(key: K): readonly Version<V>[]
  /** The latest versions of all keys, by key bytes. */
  all(): AsyncIterable<readonly [key: K, ValueAndTimestamp<V>]>
}
