import type { Headers, Pending, WindowStore } from '@millrace/state-store'
import type { SlidingAggregateNode, WindowedAggregateNode } from '../plan/nodes/window-nodes.ts'
import type { Windowed } from '../serde/index.ts'
import { type Due, DueQueue } from './due-queue.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** Place of the close time up to which windows were emitted, among the marks of the store. */
const EMITTED = 1

/** Emits windows with fixed starts when they close, by start, then key: a scan whenever the next one can have closed. */
export class ClosingTimeWindows<K, A> {
  readonly #node: WindowedAggregateNode
  readonly #scope: OperatorScope
  readonly #store: WindowStore<K, A>
  readonly #next: TableReceiver<Windowed<K>, A>
  /** The first end after what was emitted. */
  #nextEnd: number

  constructor(node: WindowedAggregateNode, scope: OperatorScope, store: WindowStore<K, A>, next: TableReceiver<Windowed<K>, A>) {
    this.#node = node
    this.#scope = scope
    this.#store = store
    this.#next = next
    this.#nextEnd = this.#firstEndAfter(store.marks.get(EMITTED) ?? -1)
  }

  /** Sends on what has an end <= closeTime. */
  emit(closeTime: number, headers: Headers): Pending {
    if (closeTime >= this.#nextEnd) return this.#scan(closeTime, headers)
  }

  async #scan(closeTime: number, headers: Headers): Promise<void> {
    const { id, window } = this.#node
    for await (const [key, start, { value, timestamp }] of this.#store.fetchAll(
      this.#nextEnd - window.size,
      closeTime - window.size,
    )) {
      this.#scope.record.enter(id, timestamp, headers)
      const end = start + window.size
      const pending = this.#next.change({ key, window: { start, end } }, value, null, timestamp, headers)
      if (pending !== undefined) await pending
    }
    this.#nextEnd = this.#firstEndAfter(closeTime)
    this.#store.marks.set(EMITTED, closeTime)
  }

  #firstEndAfter(time: number): number {
    const { size, advance } = this.#node.window
    return Math.max(0, (Math.floor((time - size) / advance) + 1) * advance) + size
  }
}

/** Where a sliding window is. */
interface Place<K> {
  readonly key: K
  readonly start: number
}

/** Emits sliding windows when they close, by start, then key. */
export class ClosingSlidingWindows<K, A> {
  readonly #id: string
  readonly #difference: number
  readonly #scope: OperatorScope
  readonly #store: WindowStore<K, A>
  readonly #next: TableReceiver<Windowed<K>, A>
  /** The windows that were created, by end. One that was deleted is not found when it is due. */
  readonly #queue: DueQueue<Place<K>>
  #loaded: boolean
  #last: Due<Place<K>> | undefined

  constructor(node: SlidingAggregateNode, scope: OperatorScope, store: WindowStore<K, A>, next: TableReceiver<Windowed<K>, A>) {
    const key = scope.plan.stores.get(node.store)?.definition.key
    this.#id = node.id
    this.#difference = node.window.difference
    this.#scope = scope
    this.#store = store
    this.#next = next
    this.#queue = new DueQueue((place) => key?.encode(place.key) ?? '')
    this.#loaded = store.observedStart === Number.NEGATIVE_INFINITY
  }

  /** A window was created. */
  opened(key: K, start: number): void {
    this.#queue.push(start + this.#difference, { key, start })
  }

  /** Sends on what has an end < closeTime. */
  emit(closeTime: number, headers: Headers): Pending {
    if (!this.#loaded) return this.#load().then(() => this.emit(closeTime, headers))
    while (this.#queue.nextTime < closeTime) {
      const due = this.#queue.pop() as Due<Place<K>>
      if (this.#last !== undefined && this.#queue.isSame(this.#last, due)) continue
      this.#last = due
      const { key, start } = due.key
      const found = this.#store.get(key, start)
      if (found === undefined) continue
      this.#scope.record.enter(this.#id, found.timestamp, headers)
      const windowed = { key, window: { start, end: due.time } }
      const pending = this.#next.change(windowed, found.value, null, found.timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.emit(closeTime, headers))
    }
    if (closeTime > (this.#store.marks.get(EMITTED) ?? 0)) this.#store.marks.set(EMITTED, closeTime)
  }

  async #load(): Promise<void> {
    const emitted = this.#store.marks.get(EMITTED) ?? 0
    const windows = this.#store.fetchAll(emitted - this.#difference, Number.POSITIVE_INFINITY)
    for await (const [key, start] of windows) this.opened(key, start)
    this.#loaded = true
  }
}
