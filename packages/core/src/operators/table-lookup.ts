import type { Headers, Pending } from '@millrace/state-store'
import type { GlobalJoinNode, StreamTableJoinNode } from '../plan/nodes/join-nodes.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import type { TableReader } from './table-reader.ts'

/** Joins each record of a stream with what a table has under its key: what joins of streams with tables have in common. */
export class TableLookup<K, V, TK, TV> {
  readonly #node: StreamTableJoinNode | GlobalJoinNode
  readonly #scope: OperatorScope
  readonly #table: TableReader<TK, TV>
  readonly #next: StreamReceiver<K | null, unknown>

  constructor(
    node: StreamTableJoinNode | GlobalJoinNode,
    scope: OperatorScope,
    table: TableReader<TK, TV>,
    next: StreamReceiver<K | null, unknown>,
  ) {
    this.#node = node
    this.#scope = scope
    this.#table = table
    this.#next = next
  }

  /** @param tableKey - where to look; null finds nothing */
  join(key: K | null, tableKey: TK | null, value: V, timestamp: number, headers: Headers): Pending {
    const { id, mode, joiner } = this.#node
    const found = tableKey === null ? undefined : this.#table.get(tableKey, timestamp)
    if (found === undefined && mode === 'inner') return
    this.#scope.record.enter(id, timestamp, headers)
    return this.#next.process(key, joiner(value, found?.value ?? null, key) ?? null, timestamp, headers)
  }
}
