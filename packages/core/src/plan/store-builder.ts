import type { Serde } from '../serde/serde.ts'

interface StoreBuilderBase<Name extends string, K, V> {
  readonly name: Name
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Absent: the plan's default. */
  readonly caching?: boolean
  readonly logging: boolean
  readonly inMemory: boolean
}

interface KeyedStoreBuilderBase<Name extends string, K, V> extends StoreBuilderBase<Name, K, V> {
  /** How long an entry lives after it was last put, ms of stream time. Absent: for ever. */
  readonly timeToLive?: number
}

/** Declares a store of values by key. Made by `keyValueStore`. */
export interface KeyValueStoreBuilder<Name extends string, K, V> extends KeyedStoreBuilderBase<Name, K, V> {
  readonly kind: 'key-value'
}

/** Declares a store of values with their timestamps by key. Made by `timestampedStore`. */
export interface TimestampedStoreBuilder<Name extends string, K, V> extends KeyedStoreBuilderBase<Name, K, V> {
  readonly kind: 'timestamped'
}

/** Declares a store of values by key and time. Made by `windowStore`. */
export interface WindowStoreBuilder<Name extends string, K, V> extends StoreBuilderBase<Name, K, V> {
  readonly kind: 'window'
  /** Length of a window, ms. */
  readonly size: number
  /** ms. */
  readonly retention: number
  /** True: several values for one key and time, in the order in which they were put. */
  readonly duplicates: boolean
}

/** Declares a store of values by key and session. Made by `sessionStore`. */
export interface SessionStoreBuilder<Name extends string, K, V> extends StoreBuilderBase<Name, K, V> {
  readonly kind: 'session'
  /** ms. */
  readonly retention: number
}

/** A store that processors share, as the user declared it: plain data. */
export type StoreBuilder<Name extends string = string, K = unknown, V = unknown> =
  | KeyValueStoreBuilder<Name, K, V>
  | TimestampedStoreBuilder<Name, K, V>
  | WindowStoreBuilder<Name, K, V>
  | SessionStoreBuilder<Name, K, V>
