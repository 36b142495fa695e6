import type { Headers, Pending } from '@millrace/state-store'
import type { Any, StreamAggregateNode } from '../plan/nodes/node.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * count, reduce and aggregate of a grouped stream. Records without a key or a value are dropped; a null result deletes the
 * aggregate; its timestamp is the greatest of what went into it. When updates go out one by one, the old value of the first
 * one is the initial aggregate (as in Kafka Streams).
 */
export class StreamAggregate<K, A> implements StreamReceiver<K | null, Any> {
  readonly #node: StreamAggregateNode
  readonly #scope: OperatorScope
  readonly #table: MaterializedTable<K, A>

  constructor(node: StreamAggregateNode, scope: OperatorScope, next: TableReceiver<K, A>) {
    this.#node = node
    this.#scope = scope
    this.#table = materialize(node.table ?? node.id, node.store, scope, next)
  }

  process(key: K | null, value: Any, timestamp: number, headers: Headers): Pending {
    const { id, initial, add } = this.#node
    if (key === null) return this.#scope.task.dropped(id, 'null-key')
    if (value === null) return this.#scope.task.dropped(id, 'null-value')
    this.#scope.record.enter(id, timestamp, headers)
    const stored = this.#table.get(key)
    if (stored !== undefined) {
      const aggregate: A | null = add(stored.value, value, key) ?? null
      return this.#table.update(key, aggregate, stored.value, Math.max(timestamp, stored.timestamp), headers)
    }
    if (initial === undefined) return this.#table.update(key, value, null, timestamp, headers)
    const empty: A | null = initial() ?? null
    return this.#table.update(key, add(empty, value, key) ?? null, empty, timestamp, headers)
  }
}
