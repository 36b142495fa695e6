import type { TableFilterNode } from '../plan/nodes/node.ts'
import { DerivedTable } from './derived-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { isVersioned } from './versioned-table.ts'

/**
 * `filter` and `filterNot` of a table: what does not pass is deleted. With old values at hand, a change from nothing to
 * nothing is left out; without them, a tombstone goes out for all that does not pass (as in Kafka Streams).
 */
export class TableFilter<K, V> extends DerivedTable<TableFilterNode, K, V, V> {
  protected readonly endsEmptyChanges: boolean

  constructor(node: TableFilterNode, scope: OperatorScope, next: TableReceiver<K, V>) {
    super(node, scope, next)
    // Of a versioned table every change counts.
    this.endsEmptyChanges = !node.parents.some((parent) => isVersioned(scope.plan, parent))
  }

  protected derive(key: K, value: V | null): V | null {
    return value !== null && !this.node.predicate(value, key) === this.node.negate ? value : null
  }
}
