import type { Headers, PagedWindowStore, Pending, WindowEntry } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { StreamJoinNode } from '../plan/nodes/join-nodes.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * A join of a stream with itself that keeps each record once. It answers what two sides would (KStreamKStreamSelfJoin): the
 * record as left with those before it, then as right with all, itself included.
 */
export class SelfJoin<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: StreamJoinNode
  readonly #scope: OperatorScope
  readonly #store: PagedWindowStore<K, V>
  readonly #next: StreamReceiver<K, unknown>

  constructor(node: StreamJoinNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    this.#store = scope.task.state.pagedWindow<K, V>(node.leftStore)
    this.#next = next
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { id, within } = this.#node
    if (value === null) return this.#scope.task.dropped(id, 'null-value')
    if (key === null) return this.#scope.task.dropped(id, 'null-key')
    const rights = this.#entries(key, timestamp - within.before, timestamp + within.after)
    this.#store.put(key, timestamp, value, timestamp, NO_HEADERS)
    const lefts = this.#entries(key, timestamp - within.after, timestamp + within.before)
    return this.#joinFrom(0, rights, lefts, key, value, timestamp, headers)
  }

  #entries(key: K, from: number, to: number): readonly WindowEntry<V>[] {
    return this.#store.entries(key, Math.max(0, from), Math.max(0, to))
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
