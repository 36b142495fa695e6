import type { Headers, Pending } from '@millrace/state-store'
import type { StreamReceiver } from './operator.ts'

/**
 * Stands behind every operator that makes a new record, in tasks with processors: the record gets a list of headers of its
 * own, which a processor below may add to. All who get the same record see the addition, and nobody else (as Kafka Streams'
 * Record with its mutable headers).
 */
export class OwnHeaders<K, V> implements StreamReceiver<K, V> {
  readonly #next: StreamReceiver<K, V>

  constructor(next: StreamReceiver<K, V>) {
    this.#next = next
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    return this.#next.process(key, value, timestamp, headers.slice())
  }
}
