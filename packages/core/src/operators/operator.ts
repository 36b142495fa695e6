import type { Headers, Pending } from '@millrace/state-store'

/**
 * What receives the records of a stream. Synchronous unless it had to scan: a returned promise is awaited before anything
 * else happens in this task, so that order is depth-first as in Kafka Streams.
 */
export interface StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending
}

/**
 * What receives the changes of a table. null is absent. `previous` is null when nobody downstream asked for old values
 * (see the plan's `needsPrevious`).
 */
export interface TableReceiver<K, V> {
  /** @param outdated - true: a version of the past, between newer ones (only versioned tables have such) */
  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending
}

/** What a node receives with; which of the two is known by its kind. */
// oxlint-disable-next-line typescript/no-explicit-any -- the types of keys and values end where the plan begins
export type Receiver = { readonly stream: StreamReceiver<any, any> } | { readonly table: TableReceiver<any, any> }
