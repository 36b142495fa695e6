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
}

/** Key → value. */
export interface KeyValueDefinition<K, V> extends StoreDefinitionBase<K, V> {
  readonly kind: 'key-value'
}

/** Key → value and timestamp: tables and unwindowed aggregates. */
export interface TimestampedDefinition<K, V> extends StoreDefinitionBase<K, V> {
  readonly kind: 'timestamped'
}

/** (Key, window start) → value and timestamp: windowed aggregates. */
export interface WindowDefinition<K, V> extends StoreDefinitionBase<K, V> {
  readonly kind: 'window'
  /** Length of a window, ms. */
  readonly size: number
  /** An entry is visible while its start > greatest start ever put - retention, ms. */
  readonly retention: number
}

// Definitions of all types are listed together, and a codec is invariant in its type.
// oxlint-disable-next-line typescript/no-explicit-any
export type StoreDefinition<K = any, V = any> = KeyValueDefinition<K, V> | TimestampedDefinition<K, V> | WindowDefinition<K, V>
