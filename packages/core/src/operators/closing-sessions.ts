import type { Headers, Pending, SessionEntry, SessionStore } from '@millrace/state-store'
import type { SessionAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import { type Due, DueQueue } from './due-queue.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** Place of the close time up to which sessions were emitted, among the marks of the store. */
const EMITTED = 1

/**
 * Emits sessions when they close, by end, then key. Each session is in the queue under an end that it has or once had:
 * sessions only grow, so one whose end has moved on goes back under the end that it has now.
 */
export class ClosingSessions<K, A> {
  readonly #scope: OperatorScope
  readonly #store: SessionStore<K, A>
  readonly #next: TableReceiver<Windowed<K>, A>
  readonly #id: string
  readonly #queue: DueQueue<K>
  #loaded = false
  #last: Due<K> | undefined

  constructor(node: SessionAggregateNode, scope: OperatorScope, store: SessionStore<K, A>, next: TableReceiver<Windowed<K>, A>) {
    const key = scope.plan.stores.get(node.store)?.definition.key
    this.#id = node.id
    this.#scope = scope
    this.#store = store
    this.#next = next
    this.#queue = new DueQueue((of) => key?.encode(of) ?? '')
    this.#loaded = store.observedEnd === Number.NEGATIVE_INFINITY
  }

  /** A session has begun. */
  opened(key: K, end: number): void {
    this.#queue.push(end, key)
  }

  /** Sends on what has an end < closeTime. */
  emit(closeTime: number, headers: Headers): Pending {
    if (!this.#loaded) return this.#load().then(() => this.emit(closeTime, headers))
    while (this.#queue.nextTime < closeTime) {
      const due = this.#queue.pop() as Due<K>
      const session = this.#coverOf(due)
      if (session === undefined) continue
      if (session.end > due.time) {
        this.#queue.push(session.end, due.key)
        continue
      }
      if (this.#last !== undefined && this.#queue.isSame(this.#last, due)) continue
      this.#last = due
      const { start, end, value } = session
      this.#scope.record.enter(this.#id, end, headers)
      const pending = this.#next.change({ key: due.key, window: { start, end } }, value, null, end, headers)
      if (pending !== undefined) return pending.then(() => this.emit(closeTime, headers))
    }
    if (closeTime > (this.#store.marks.get(EMITTED) ?? 0)) this.#store.marks.set(EMITTED, closeTime)
  }

  /** The session that has grown out of the one which ended then. */
  #coverOf({ time, key }: Due<K>): SessionEntry<A> | undefined {
    return this.#store.findSessions(key, time, time)[0]
  }

  async #load(): Promise<void> {
    const emitted = this.#store.marks.get(EMITTED) ?? Number.NEGATIVE_INFINITY
    for await (const [key, { end }] of this.#store.all()) if (end >= emitted) this.#queue.push(end, key)
    this.#loaded = true
  }
}
