import type { Headers, Pending } from '@millrace/state-store'
import type { StreamTableJoinNode } from '../plan/nodes/join-nodes.ts'
import { listening } from './idle-time.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { TableLookup } from './table-lookup.ts'
import { tableReader } from './table-reader.ts'
import { WaitingRecords } from './waiting-records.ts'

/** Joins of a stream with a table: with what the table has when the record comes. */
export class StreamTableJoin<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: StreamTableJoinNode
  readonly #scope: OperatorScope
  readonly #lookup: TableLookup<K, V, K, unknown>
  readonly #waiting: WaitingRecords<K, V> | null

  constructor(node: StreamTableJoinNode, scope: OperatorScope, next: StreamReceiver<K | null, unknown>) {
    this.#node = node
    this.#scope = scope
    const [, table = ''] = node.parents
    this.#lookup = new TableLookup<K, V, K, unknown>(node, scope, tableReader(table, scope), next)
    this.#waiting =
      node.buffer === undefined
        ? null
        : new WaitingRecords<K, V>(scope.task.state.keyValue(node.buffer.store), node.buffer.grace, (key, value, time, headers) =>
            this.#lookup.join(key, key, value, time, headers),
          )
    if (this.#waiting !== null) listening(this.#waiting, scope)
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { id, mode } = this.#node
    if (value === null) return this.#scope.task.dropped(id, 'null-value')
    if (key === null && mode === 'inner') return this.#scope.task.dropped(id, 'null-key')
    if (this.#waiting !== null) return this.#waiting.process(key, value, timestamp, headers)
    return this.#lookup.join(key, key, value, timestamp, headers)
  }
}
