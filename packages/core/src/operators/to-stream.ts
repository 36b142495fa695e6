import type { Headers, Pending } from '@millrace/state-store'
import type { StreamReceiver, TableReceiver } from './operator.ts'

/** `toStream`: each change of a table as a record with its new value; null says that the key is gone. */
export class ToStream<K, V> implements TableReceiver<K, V> {
  readonly #next: StreamReceiver<K, V | null>

  constructor(next: StreamReceiver<K, V | null>) {
    this.#next = next
  }

  change(key: K, next: V | null, _previous: V | null, timestamp: number, headers: Headers): Pending {
    return this.#next.process(key, next, timestamp, headers)
  }
}
