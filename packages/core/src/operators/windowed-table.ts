import type { Headers, Pending, ValueAndTimestamp, WindowStore } from '@millrace/state-store'
import type { Windowed } from '../serde/index.ts'
import type { CurrentRecord } from './current-record.ts'
import type { TableReceiver } from './operator.ts'
import { operatorFailure, settle } from './operator-failure.ts'
import type { OperatorScope } from './operator-scope.ts'

/** What `MaterializedTable` is for tables, for tables by key and window. */
export class WindowedTable<K, V> {
  readonly #store: WindowStore<K, V>
  readonly #caching: boolean
  readonly #sendsPrevious: boolean
  readonly #record: CurrentRecord
  readonly #next: TableReceiver<Windowed<K>, V>

  constructor(nodeId: string, store: string, scope: OperatorScope, next: TableReceiver<Windowed<K>, V>) {
    const { task, plan, record } = scope
    const target = task.state.window<K, V>(store)
    this.#store = target
    this.#caching = plan.stores.get(store)?.definition.caching === true
    this.#sendsPrevious = plan.needsPrevious.has(nodeId)
    this.#record = record
    this.#next = next
    if (!this.#caching) return
    target.previousWanted = this.#sendsPrevious
    target.onFlush = (key, start, value, previous, timestamp, headers) => {
      record.fromNowhere()
      const windowed = { key, window: { start, end: start + target.size } }
      try {
        const pending = next.change(windowed, value ?? null, previous ?? null, timestamp, headers)
        return pending === undefined ? undefined : settle(pending, record, task.taskId)
      } catch (error) {
        throw operatorFailure(error, record, task.taskId)
      }
    }
  }

  /** Greatest window start that was ever stored: event time has come at least this far. -Infinity when empty. */
  get observedStart(): number {
    return this.#store.observedStart
  }

  get(key: K, start: number): ValueAndTimestamp<V> | undefined {
    return this.#store.get(key, start)
  }

  /** `previous`: what `get` said before; it only travels on when somebody downstream asked for old values. */
  update(key: K, start: number, value: V | null, previous: V | null, timestamp: number, headers: Headers): Pending {
    // A cache knows of a deletion only the record that caused it, not the aggregate's timestamp (as in Kafka Streams).
    if (value === null) this.#store.delete(key, start, this.#caching ? this.#record.timestamp : timestamp, headers)
    else this.#store.put(key, start, value, timestamp, headers)
    if (this.#caching) return
    const windowed = { key, window: { start, end: start + this.#store.size } }
    return this.#next.change(windowed, value, this.#sendsPrevious ? previous : null, timestamp, headers)
  }
}
