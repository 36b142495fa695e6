import type { Headers, Pending } from '@millrace/state-store'
import type { StreamReceiver } from './operator.ts'

/**
 * Stands behind every operator but processors, merges and branches, in tasks that have processors: what it forwards is a record of its own, with a
 * list of headers that a processor below may add to. All who get this record see the addition, and nobody else (as with Kafka
 * Streams' Record and its mutable headers, which each operator copies, `filter` and `peek` too).
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
