import type { Headers, Pending, TimestampedStore, ValueAndTimestamp } from '@millrace/state-store'
import type { CurrentRecord } from './current-record.ts'
import { flushedChanges } from './flushed-changes.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * A table in a timestamped store: an update is stored, and passed on at once, or when the store's cache is flushed (one update
 * for all that happened to a key in between).
 */
export class TimestampedTable<K, V> implements MaterializedTable<K, V> {
  readonly #store: TimestampedStore<K, V>
  readonly #caching: boolean
  readonly #sendsPrevious: boolean
  readonly #record: CurrentRecord
  readonly #next: TableReceiver<K, V>

  constructor(nodeId: string, store: string, scope: OperatorScope, next: TableReceiver<K, V>) {
    const { task, plan, record } = scope
    this.#store = task.state.timestamped<K, V>(store)
    this.#caching = plan.stores.get(store)?.definition.caching === true
    this.#sendsPrevious = plan.needsPrevious.has(nodeId)
    this.#record = record
    this.#next = next
    if (!this.#caching) return
    this.#store.previousWanted = this.#sendsPrevious
    this.#store.onFlush = flushedChanges(next, scope)
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    return this.#store.get(key)
  }

  update(key: K, value: V | null, previous: V | null, timestamp: number, headers: Headers): Pending {
    // A cache knows of a deletion only the record that caused it, not the aggregate's timestamp (as in Kafka Streams).
    if (value === null) this.#store.delete(key, this.#caching ? this.#record.timestamp : timestamp, headers)
    else this.#store.put(key, value, timestamp, headers)
    if (this.#caching) return
    return this.#next.change(key, value, this.#sendsPrevious ? previous : null, timestamp, headers)
  }
}
