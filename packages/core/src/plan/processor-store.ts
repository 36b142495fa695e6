import type { Direction, Encoded, SessionEntry, ValueAndTimestamp } from '@millrace/state-store'
import type { KeyValueStoreBuilder, SessionStoreBuilder, TimestampedStoreBuilder, WindowStoreBuilder } from './store-builder.ts'

// Stores as processors see them. Point access is synchronous. Scans are asynchronous: they show what the store had when they
// began; a processor that scans is an async function, and the task takes no other record until it is done.

/** Values by key, in the order of the keys' bytes. */
export interface ProcessorKeyValueStore<K, V> {
  readonly name: string
  get(key: K): V | undefined
  /** null deletes. */
  put(key: K, value: V | null): void
  /** Returns what is there, or puts the value and returns undefined. */
  putIfAbsent(key: K, value: V): V | undefined
  /** Returns what was there. */
  delete(key: K): V | undefined
  /** `from <= key <= to`, both inclusive; a missing bound is open. */
  range(from?: K, to?: K, direction?: Direction): AsyncIterable<readonly [key: K, value: V]>
  /** Entries whose encoded keys begin with these bytes; a string stands for its UTF-8 bytes. */
  prefixScan(prefix: Encoded, direction?: Direction): AsyncIterable<readonly [key: K, value: V]>
}

/** Values with their timestamps by key: what tables keep. */
export interface ProcessorTimestampedStore<K, V> {
  readonly name: string
  get(key: K): ValueAndTimestamp<V> | undefined
  /** null deletes. The timestamp is that of the record being processed unless it is given. */
  put(key: K, value: V | null, timestamp?: number): void
  /** `from <= key <= to`, both inclusive; a missing bound is open. */
  range(from?: K, to?: K, direction?: Direction): AsyncIterable<readonly [key: K, value: ValueAndTimestamp<V>]>
  /** Entries whose encoded keys begin with these bytes; a string stands for its UTF-8 bytes. */
  prefixScan(prefix: Encoded, direction?: Direction): AsyncIterable<readonly [key: K, value: ValueAndTimestamp<V>]>
}

/** Values by key and time. An entry is visible while its time > greatest time ever put - retention. */
export interface ProcessorWindowStore<K, V> {
  readonly name: string
  /** Length of a window, ms. */
  readonly size: number
  /**
   * @param value null deletes; in a store with duplicates it does nothing
   * @param windowStart ms since the epoch, a whole number of 0 or more
   */
  put(key: K, value: V | null, windowStart: number): void
  /** The value of that key and time; the first one in a store with duplicates. */
  get(key: K, windowStart: number): V | undefined
  /** `from <= windowStart <= to`, by time, duplicates in the order in which they were put. */
  fetch(key: K, from: number, to: number, direction?: Direction): AsyncIterable<readonly [windowStart: number, value: V]>
  /** All keys, by time, then the keys' bytes. */
  fetchAll(from: number, to: number): AsyncIterable<readonly [key: K, windowStart: number, value: V]>
}

/** Values by key and session. A session is visible while its end > greatest end ever put - retention. */
export interface ProcessorSessionStore<K, V> {
  readonly name: string
  /**
   * @param value null removes the session
   * @param start and end: of the session, ms since the epoch
   */
  put(key: K, value: V | null, start: number, end: number): void
  get(key: K, start: number, end: number): V | undefined
  /** Sessions of a key that end at `earliestEnd` or later and start at `latestStart` or earlier; ascending by end, then start. */
  findSessions(key: K, earliestEnd: number, latestStart: number): readonly SessionEntry<V>[]
  /** All sessions, by the keys' bytes, then end, then start. */
  all(): AsyncIterable<readonly [key: K, session: SessionEntry<V>]>
}

/** The store that a builder declares. */
export type StoreOf<Builder> =
  Builder extends KeyValueStoreBuilder<string, infer K, infer V>
    ? ProcessorKeyValueStore<K, V>
    : Builder extends TimestampedStoreBuilder<string, infer K, infer V>
      ? ProcessorTimestampedStore<K, V>
      : Builder extends WindowStoreBuilder<string, infer K, infer V>
        ? ProcessorWindowStore<K, V>
        : Builder extends SessionStoreBuilder<string, infer K, infer V>
          ? ProcessorSessionStore<K, V>
          : never
