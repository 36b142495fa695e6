import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { TimestampedTable } from './timestamped-table.ts'
import { VersionedTable } from './versioned-table.ts'

/** The table of a node in its store, timestamped or versioned. */
export function materialize<K, V>(
  nodeId: string,
  store: string,
  scope: OperatorScope,
  next: TableReceiver<K, V>,
): MaterializedTable<K, V> {
  const versioned = scope.plan.stores.get(store)?.definition.kind === 'versioned'
  return versioned ? new VersionedTable(nodeId, store, scope, next) : new TimestampedTable(nodeId, store, scope, next)
}
