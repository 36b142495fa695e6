import type { Headers, Pending } from '@millrace/state-store'
import type { GlobalJoinNode } from '../plan/nodes/join-nodes.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { TableLookup } from './table-lookup.ts'

/** Joins of a stream with a global table, under a key that is computed from the record. The record's own key stays. */
export class GlobalJoin<K, V, GK, GV> implements StreamReceiver<K | null, V | null> {
  readonly #node: GlobalJoinNode
  readonly #scope: OperatorScope
  readonly #lookup: TableLookup<K, V, GK, GV>

  constructor(node: GlobalJoinNode, scope: OperatorScope, next: StreamReceiver<K | null, unknown>) {
    this.#node = node
    this.#scope = scope
    this.#lookup = new TableLookup(node, scope, scope.task.globals.timestamped<GK, GV>(node.global), next)
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { id, mode, keySelector } = this.#node
    if (value === null) return this.#scope.task.dropped(id, 'null-value')
    this.#scope.record.enter(id, timestamp, headers)
    const tableKey: GK | null = keySelector(value, key) ?? null
    if (tableKey === null && mode === 'inner') return this.#scope.task.dropped(id, 'null-key')
    return this.#lookup.join(key, tableKey, value, timestamp, headers)
  }
}
