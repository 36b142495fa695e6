import type { Headers, Pending } from '@millrace/state-store'
import type { TableFilterNode } from '../plan/nodes/node.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { isVersioned } from './versioned-table.ts'

/**
 * `filter` and `filterNot` of a table: what does not pass is deleted. With old values at hand, a change from nothing to
 * nothing is left out; without them, a tombstone goes out for all that does not pass (as in Kafka Streams).
 */
export class TableFilter<K, V> implements TableReceiver<K, V> {
  readonly #node: TableFilterNode
  readonly #scope: OperatorScope
  readonly #sendsPrevious: boolean
  /** Of a versioned table every change counts, also one from nothing to nothing. */
  readonly #versioned: boolean
  readonly #next: TableReceiver<K, V>
  readonly #table: MaterializedTable<K, V> | null

  constructor(node: TableFilterNode, scope: OperatorScope, next: TableReceiver<K, V>) {
    this.#node = node
    this.#scope = scope
    this.#sendsPrevious = scope.plan.needsPrevious.has(node.id)
    this.#versioned = node.parents.some((parent) => isVersioned(scope.plan, parent))
    this.#next = next
    this.#table = node.store === undefined ? null : materialize(node.id, node.store, scope, next)
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    this.#scope.record.enter(this.#node.id, timestamp, headers)
    const table = this.#table
    const value = this.#passing(key, next)
    const old = this.#sendsPrevious ? (table === null ? this.#passing(key, previous) : (table.get(key)?.value ?? null)) : null
    if (this.#sendsPrevious && !this.#versioned && value === null && old === null) return
    if (table !== null) return table.update(key, value, old, timestamp, headers)
    return this.#next.change(key, value, old, timestamp, headers, outdated)
  }

  #passing(key: K, value: V | null): V | null {
    return value !== null && !this.#node.predicate(value, key) === this.#node.negate ? value : null
  }
}
