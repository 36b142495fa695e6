import type { Headers, Pending } from '@millrace/state-store'
import type { TableAggregateNode } from '../plan/nodes/node.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * Aggregate of a grouped table: the old value is taken out, then the new one put in. The timestamp is the greatest seen
 * while there was an aggregate.
 */
export class TableAggregate<K, V, A> implements TableReceiver<K, V> {
  readonly #node: TableAggregateNode
  readonly #scope: OperatorScope
  readonly #table: MaterializedTable<K, A>

  constructor(node: TableAggregateNode, scope: OperatorScope, next: TableReceiver<K, A>) {
    this.#node = node
    this.#scope = scope
    this.#table = materialize(node.id, node.store, scope, next)
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers): Pending {
    const { id, initial, add, subtract } = this.#node
    this.#scope.record.enter(id, timestamp, headers)
    const stored = this.#table.get(key)
    let aggregate: A | null = stored?.value ?? null
    if (previous !== null && aggregate !== null) aggregate = subtract(aggregate, previous, key) ?? null
    if (next !== null) {
      if (aggregate !== null) aggregate = add(aggregate, next, key) ?? null
      else aggregate = (initial === undefined ? next : add(initial(), next, key)) ?? null
    }
    const newest = stored === undefined ? timestamp : Math.max(timestamp, stored.timestamp)
    return this.#table.update(key, aggregate, stored?.value ?? null, newest, headers)
  }
}
