import type { Headers, Pending, ValueAndTimestamp, VersionedStore } from '@millrace/state-store'
import type { TopologyPlan } from '../plan/topology-plan.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * A table that keeps versions by timestamp (KIP-889, KIP-914). An update that is older than its history is dropped; one between
 * newer versions is passed on as outdated.
 */
export class VersionedTable<K, V> implements MaterializedTable<K, V> {
  readonly #id: string
  readonly #scope: OperatorScope
  readonly #store: VersionedStore<K, V>
  readonly #sendsPrevious: boolean
  readonly #next: TableReceiver<K, V>

  constructor(nodeId: string, store: string, scope: OperatorScope, next: TableReceiver<K, V>) {
    this.#id = nodeId
    this.#scope = scope
    this.#store = scope.task.state.versioned(store)
    this.#sendsPrevious = scope.plan.needsPrevious.has(nodeId)
    this.#next = next
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    return this.#store.get(key)
  }

  update(key: K, value: V | null, previous: V | null, timestamp: number, headers: Headers): Pending {
    const put = this.#store.put(key, value, timestamp)
    if (put === 'expired') return this.#scope.task.dropped(this.#id, 'late')
    return this.#next.change(key, value, this.#sendsPrevious ? previous : null, timestamp, headers, put === 'outdated')
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
