import type { Headers, PagedWindowStore, Pending, WindowEntry } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { StreamJoinNode } from '../plan/nodes/join-nodes.ts'
import { JoinClock, windowClosed } from './join-clock.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * A join of a stream with itself that keeps each record once. It answers what two sides would (KStreamKStreamSelfJoin): the
 * record as left with those before it, then as right with all, itself included. Where before and after differ, a record can
 * be late on one side only: it is kept with the event time at which it came, which says on which.
 */
export class SelfJoin<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: StreamJoinNode
  readonly #scope: OperatorScope
  readonly #store: PagedWindowStore<K, V>
  readonly #clock: JoinClock
  readonly #next: StreamReceiver<K, unknown>

  constructor(node: StreamJoinNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    this.#store = scope.task.state.pagedWindow<K, V>(node.leftStore)
    this.#clock = new JoinClock(this.#store, this.#store)
    this.#next = next
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { id, within } = this.#node
    const clock = this.#clock
    if (value === null || key === null) {
      clock.pass(timestamp)
      return this.#scope.task.dropped(id, value === null ? 'null-value' : 'null-key')
    }
    const asLeft = !clock.isLate(timestamp, within.after, within.grace)
    const asRight = !clock.isLate(timestamp, within.before, within.grace)
    if (!asLeft && !asRight) return this.#scope.task.dropped(id, 'late')
    clock.keep(timestamp)
    const rights = asLeft ? this.#entries(key, timestamp - within.before, timestamp + within.after, within.before) : NONE
    this.#store.put(key, timestamp, value, clock.closing, NO_HEADERS)
    const lefts = asRight ? this.#entries(key, timestamp - within.after, timestamp + within.before, within.after) : NONE
    return this.#joinFrom(0, rights, lefts, key, value, timestamp, headers)
  }

  /** @param lookAhead - of those records on the side where they are looked for */
  #entries(key: K, from: number, to: number, lookAhead: number): readonly WindowEntry<V>[] {
    const { before, after, grace } = this.#node.within
    const found = this.#store.entries(key, Math.max(0, from), Math.max(0, to))
    if (before === after) return found
    return found.filter((entry) => !windowClosed(entry.start, lookAhead, grace, entry.timestamp))
  }

  #joinFrom(
    first: number,
    rights: readonly WindowEntry<V>[],
    lefts: readonly WindowEntry<V>[],
    key: K,
    value: V,
    timestamp: number,
    headers: Headers,
  ): Pending {
    const { id, joiner } = this.#node
    for (let i = first; i < rights.length + lefts.length; i++) {
      const asLeft = i < rights.length
      const other = (asLeft ? rights[i] : lefts[i - rights.length]) as WindowEntry<V>
      const time = Math.max(timestamp, other.start)
      this.#scope.record.enter(id, time, headers)
      const joined = asLeft ? joiner(value, other.value, key) : joiner(other.value, value, key)
      const pending = this.#next.process(key, joined ?? null, time, headers)
      if (pending !== undefined) return pending.then(() => this.#joinFrom(i + 1, rights, lefts, key, value, timestamp, headers))
    }
  }
}

const NONE: readonly never[] = Object.freeze([])
