import type { Headers, Pending, ValueAndTimestamp, WindowStore } from '@millrace/state-store'
import type { SlidingAggregateNode, WindowedAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import type { CurrentRecord } from './current-record.ts'
import { flushedChanges } from './flushed-changes.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** What `MaterializedTable` is for tables, for tables by key and window. */
export class WindowedTable<K, V> {
  readonly store: WindowStore<K, V>
  readonly #caching: boolean
  /** Updates go out as they come: not with the cache's flush, and not when the window closes. */
  readonly #forwards: boolean
  readonly #sendsPrevious: boolean
  readonly #record: CurrentRecord
  readonly #next: TableReceiver<Windowed<K>, V>

  constructor(node: WindowedAggregateNode | SlidingAggregateNode, scope: OperatorScope, next: TableReceiver<Windowed<K>, V>) {
    const { task, plan, record } = scope
    const target = task.state.window<K, V>(node.store)
    this.store = target
    this.#caching = plan.stores.get(node.store)?.definition.caching === true
    this.#forwards = node.emit === 'on-window-update' && !this.#caching
    this.#sendsPrevious = plan.needsPrevious.has(node.table ?? node.id)
    this.#record = record
    this.#next = next
    if (!this.#caching || node.emit === 'on-window-close') return
    target.previousWanted = this.#sendsPrevious
    const passOn = flushedChanges(next, scope)
    target.onFlush = (key, start, value, previous, timestamp, headers) =>
      passOn({ key, window: { start, end: start + target.size } }, value, previous, timestamp, headers)
  }

  get(key: K, start: number): ValueAndTimestamp<V> | undefined {
    return this.store.get(key, start)
  }

  /** `previous`: what `get` said before; it only travels on when somebody downstream asked for old values. */
  update(key: K, start: number, value: V | null, previous: V | null, timestamp: number, headers: Headers): Pending {
    // A cache knows of a deletion only the record that caused it, not the aggregate's timestamp (as in Kafka Streams).
    if (value === null) this.store.delete(key, start, this.#caching ? this.#record.timestamp : timestamp, headers)
    else this.store.put(key, start, value, timestamp, headers)
    if (!this.#forwards) return
    const windowed = { key, window: { start, end: start + this.store.size } }
    return this.#next.change(windowed, value, this.#sendsPrevious ? previous : null, timestamp, headers)
  }
}
