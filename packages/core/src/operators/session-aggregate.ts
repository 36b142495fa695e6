import type { Headers, Pending, SessionEntry } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { SessionAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import { ClosingSessions } from './closing-sessions.ts'
import { EventClock } from './event-clock.ts'
import type { IdleListener } from './idle-time.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { SessionTable } from './session-table.ts'

/**
 * count, reduce and aggregate by session: a record joins the sessions of its key that are at most `gap` away into one with
 * itself (KStreamSessionWindowAggregate). The sessions that were joined are deleted from the table, the new one is added. A
 * session is closed when its end < event time - gap - grace; one that the store still keeps can be joined to a later one even then.
 * Only a null key is dropped: a null value is aggregated.
 */
export class SessionAggregate<K, A> implements StreamReceiver<K | null, Any>, IdleListener {
  readonly #node: SessionAggregateNode
  readonly #scope: OperatorScope
  readonly #table: SessionTable<K, A>
  readonly #clock: EventClock
  readonly #closing: ClosingSessions<K, A> | null

  constructor(node: SessionAggregateNode, scope: OperatorScope, next: TableReceiver<Windowed<K>, A>) {
    this.#node = node
    this.#scope = scope
    this.#table = new SessionTable(node, scope, next)
    this.#clock = new EventClock(this.#table.marks, node.mark)
    this.#closing = node.emit === 'on-window-close' ? new ClosingSessions(node, scope, this.#table.store, next) : null
  }

  process(key: K | null, value: Any, timestamp: number, headers: Headers): Pending {
    if (key === null) return this.#scope.task.dropped(this.#node.id, 'null-key')
    this.#clock.observe(timestamp)
    const closed = this.#closing?.emit(this.#closeTime, headers)
    if (closed !== undefined) return closed.then(() => this.#update(key, value, timestamp, headers))
    return this.#update(key, value, timestamp, headers)
  }

  idle(elapsed: number): Pending {
    this.#clock.idle(elapsed)
    return this.#closing?.emit(this.#closeTime, NO_HEADERS)
  }

  get #closeTime(): number {
    const { gap, grace } = this.#node.window
    return this.#clock.time - grace - gap
  }

  #update(key: K, value: Any, timestamp: number, headers: Headers): Pending {
    const { id, window, initial, merge } = this.#node
    const closeTime = this.#closeTime
    this.#scope.record.enter(id, timestamp, headers)
    const found = this.#table.near(key, timestamp - window.gap, timestamp + window.gap, closeTime)
    let aggregate: A | null = initial?.() ?? null
    let start = timestamp
    let end = timestamp
    for (const session of found) {
      aggregate = merge(key, aggregate, session.value) ?? null
      if (session.start < start) start = session.start
      if (session.end > end) end = session.end
    }
    if (end < closeTime) return this.#scope.task.dropped(id, 'late')
    // A session that the record leaves as it is stays in place.
    const replaced = start === end ? NONE : found
    // What closed sessions are joined to closes once more; those that are open will be found where they were to close.
    const opens = found.every((session) => session.end < closeTime)
    return this.#replace(0, replaced, opens, { key, value, start, end, aggregate, timestamp, headers })
  }

  #replace(first: number, replaced: readonly SessionEntry<A>[], opens: boolean, joined: Joined<K, A>): Pending {
    const { key, timestamp, headers } = joined
    for (let i = first; i < replaced.length; i++) {
      const pending = this.#table.remove(key, replaced[i] as SessionEntry<A>, timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.#replace(i + 1, replaced, opens, joined))
    }
    const { id, initial, add } = this.#node
    const { value, start, end, aggregate } = joined
    this.#scope.record.enter(id, timestamp, headers)
    const merged: A | null = initial === undefined && aggregate === null ? value : (add(aggregate, value, key) ?? null)
    if (opens && merged !== null) this.#closing?.opened(key, end)
    return this.#table.put(key, start, end, merged, timestamp, headers)
  }
}

/** A record with the sessions that it joins. */
interface Joined<K, A> {
  readonly key: K
  readonly value: Any
  readonly start: number
  readonly end: number
  readonly aggregate: A | null
  readonly timestamp: number
  readonly headers: Headers
}

const NONE: readonly never[] = Object.freeze([])
