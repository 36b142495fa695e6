import type { Headers, Pending } from '@millrace/state-store'
import type { TableMapValuesNode } from '../plan/nodes/node.ts'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `mapValues` of a table. A deletion stays one, without a call of the mapper; every change is passed on. */
export class TableMapValues<K, V> implements TableReceiver<K, V> {
  readonly #node: TableMapValuesNode
  readonly #scope: OperatorScope
  readonly #sendsPrevious: boolean
  readonly #next: TableReceiver<K, unknown>
  readonly #table: MaterializedTable<K, unknown> | null

  constructor(node: TableMapValuesNode, scope: OperatorScope, next: TableReceiver<K, unknown>) {
    this.#node = node
    this.#scope = scope
    this.#sendsPrevious = scope.plan.needsPrevious.has(node.id)
    this.#next = next
    this.#table = node.store === undefined ? null : materialize(node.id, node.store, scope, next)
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    this.#scope.record.enter(this.#node.id, timestamp, headers)
    const table = this.#table
    const value = this.#mapped(key, next)
    const old = this.#sendsPrevious ? (table === null ? this.#mapped(key, previous) : (table.get(key)?.value ?? null)) : null
    if (table !== null) return table.update(key, value, old, timestamp, headers)
    return this.#next.change(key, value, old, timestamp, headers, outdated)
  }

  #mapped(key: K, value: V | null): unknown {
    return value === null ? null : (this.#node.mapper(value, key) ?? null)
  }
}
