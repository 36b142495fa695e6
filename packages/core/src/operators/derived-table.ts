import type { Headers, Pending } from '@millrace/state-store'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

interface DerivingNode {
  readonly id: string
  readonly store?: string
}

/** A table whose rows come of the rows of another one, key by key; kept in a store of its own, or nowhere. */
export abstract class DerivedTable<Node extends DerivingNode, K, V, R> implements TableReceiver<K, V> {
  protected readonly node: Node
  readonly #scope: OperatorScope
  readonly #sendsPrevious: boolean
  readonly #next: TableReceiver<K, R>
  readonly #table: MaterializedTable<K, R> | null

  constructor(node: Node, scope: OperatorScope, next: TableReceiver<K, R>) {
    this.node = node
    this.#scope = scope
    this.#sendsPrevious = scope.plan.needsPrevious.has(node.id)
    this.#next = next
    this.#table = node.store === undefined ? null : materialize(node.id, node.store, scope, next)
  }

  /** What comes of a row; null: there is none. */
  protected abstract derive(key: K, value: V | null): R | null

  /** A change from nothing to nothing goes no further, where old values are known. */
  protected abstract readonly endsEmptyChanges: boolean

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    this.#scope.record.enter(this.node.id, timestamp, headers)
    const table = this.#table
    const value = this.derive(key, next)
    let before: R | null = null
    if (this.#sendsPrevious) {
      before = table === null ? this.derive(key, previous) : (table.get(key)?.value ?? null)
      if (value === null && before === null && this.endsEmptyChanges) return
    }
    if (table !== null) return table.update(key, value, before, timestamp, headers)
    return this.#next.change(key, value, before, timestamp, headers, outdated)
  }
}
