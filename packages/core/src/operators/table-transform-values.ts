import type { Headers, Pending } from '@millrace/state-store'
import type { TableTransformValuesNode } from '../plan/nodes/node.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { UserCodeContext } from './user-code-context.ts'

/** `transformValues` of a table: the user's code with state computes the values, deletions included. */
export class TableTransformValues<K, V> implements TableReceiver<K, V> {
  readonly #node: TableTransformValuesNode
  readonly #scope: OperatorScope
  readonly #sendsPrevious: boolean
  readonly #transform: (value: V | null, key: K) => unknown
  readonly #next: TableReceiver<K, unknown>
  readonly #table: MaterializedTable<K, unknown> | null

  constructor(node: TableTransformValuesNode, scope: OperatorScope, next: TableReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    this.#sendsPrevious = scope.plan.needsPrevious.has(node.id)
    this.#next = next
    this.#table = node.store === undefined ? null : materialize(node.id, node.store, scope, next)
    this.#transform = node.supplier(new UserCodeContext(node.id, node.stores, scope))
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    this.#scope.record.enter(this.#node.id, timestamp, headers)
    const table = this.#table
    const value = this.#transform(next, key) ?? null
    const old = this.#sendsPrevious
      ? table === null
        ? (this.#transform(previous, key) ?? null)
        : (table.get(key)?.value ?? null)
      : null
    if (table !== null) return table.update(key, value, old, timestamp, headers)
    return this.#next.change(key, value, old, timestamp, headers, outdated)
  }
}
