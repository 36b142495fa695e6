import type { Headers, Pending, VersionedStore } from '@millrace/state-store'
import type { TopologyPlan } from '../plan/topology-plan.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * A table that keeps versions by timestamp (KIP-889). A record that is older than its history is dropped; one between newer
 * versions is passed on as outdated.
 */
export class VersionedTable<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #id: string
  readonly #scope: OperatorScope
  readonly #store: VersionedStore<K, V>
  readonly #sendsPrevious: boolean
  readonly #next: TableReceiver<K, V>

  constructor(id: string, store: string, scope: OperatorScope, next: TableReceiver<K, V>) {
    this.#id = id
    this.#scope = scope
    this.#store = scope.task.state.versioned(store)
    this.#sendsPrevious = scope.plan.needsPrevious.has(id)
    this.#next = next
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    if (key === null) return this.#scope.task.dropped(this.#id, 'null-key')
    this.#scope.record.enter(this.#id, timestamp, headers)
    const previous = this.#sendsPrevious ? (this.#store.get(key)?.value ?? null) : null
    const put = this.#store.put(key, value, timestamp)
    if (put === 'expired') return this.#scope.task.dropped(this.#id, 'late')
    return this.#next.change(key, value, previous, timestamp, headers, put === 'outdated')
  }
}

/** Whether the changes of a table are those of versions: it has a versioned store, or is a view of one that has. */
export function isVersioned(plan: TopologyPlan, id: string): boolean {
  const node = plan.nodes.get(id)
  if (node === undefined) return false
  const store = 'store' in node ? node.store : undefined
  if (store !== undefined) return plan.stores.get(store)?.definition.kind === 'versioned'
  const isView = node.kind === 'table-filter' || node.kind === 'table-map-values'
  return isView && node.parents.some((parent) => isVersioned(plan, parent))
}
