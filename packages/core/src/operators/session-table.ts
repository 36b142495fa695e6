import type { Headers, Pending, SessionEntry, SessionStore, StoreMarks } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { SessionAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import { flushedChanges } from './flushed-changes.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * What `MaterializedTable` is for tables, for tables by key and session. Updates that go out one by one have no headers: a
 * session is of several records, and Kafka Streams gives it none.
 */
export class SessionTable<K, V> {
  readonly #store: SessionStore<K, V>
  /** Updates go out as they come: not with the cache's flush, and not when the window closes. */
  readonly #forwards: boolean
  readonly #sendsPrevious: boolean
  readonly #retention: number
  readonly #next: TableReceiver<Windowed<K>, V>

  constructor(node: SessionAggregateNode, scope: OperatorScope, next: TableReceiver<Windowed<K>, V>) {
    const { task, plan } = scope
    const target = task.state.session<K, V>(node.store)
    const definition = plan.stores.get(node.store)?.definition
    const caching = definition?.caching === true
    this.#store = target
    this.#retention = definition?.kind === 'session' ? definition.retention : 0
    this.#forwards = node.emit === 'on-window-update' && !caching
    this.#sendsPrevious = plan.needsPrevious.has(node.table ?? node.id)
    this.#next = next
    if (!caching || node.emit === 'on-window-close') return
    target.previousWanted = this.#sendsPrevious
    const passOn = flushedChanges(next, scope)
    target.onFlush = (key, start, end, value, previous, _timestamp, headers) =>
      passOn({ key, window: { start, end } }, value, previous, end, headers)
  }

  get store(): SessionStore<K, V> {
    return this.#store
  }

  get marks(): StoreMarks {
    return this.#store.marks
  }

  /** The sessions that a record joins: those that are open, and closed ones that the store still shows. */
  near(key: K, earliestEnd: number, latestStart: number, closeTime: number): readonly SessionEntry<V>[] {
    const shownAfter = this.#store.observedEnd - this.#retention
    const kept = this.#store.findKept(key, earliestEnd, latestStart)
    return kept.filter(({ end }) => end >= closeTime || end > shownAfter)
  }

  remove(key: K, { start, end, value }: SessionEntry<V>, timestamp: number, headers: Headers): Pending {
    this.#store.remove(key, start, end, timestamp, headers)
    if (!this.#forwards) return
    return this.#next.change({ key, window: { start, end } }, null, this.#sendsPrevious ? value : null, end, NO_HEADERS)
  }

  /** A null value leaves no session. */
  put(key: K, start: number, end: number, value: V | null, timestamp: number, headers: Headers): Pending {
    if (value === null) this.#store.remove(key, start, end, timestamp, headers)
    else this.#store.put(key, start, end, value, timestamp, headers)
    if (!this.#forwards) return
    return this.#next.change({ key, window: { start, end } }, value, null, end, NO_HEADERS)
  }
}
