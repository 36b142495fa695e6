import type { Headers, Pending } from '@millrace/state-store'
import { materialize } from './materialize.ts'
import type { MaterializedTable } from './materialized-table.ts'
import type { StreamReceiver, TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * Reads records as the changes of a table: what a table source and `toTable` do. A null key has no place in a table; a null
 * value deletes, and is passed on even if nothing was there; what comes out of order is applied as it comes.
 */
export function toTable<K, V>(
  node: { readonly id: string; readonly store?: string },
  scope: OperatorScope,
  next: TableReceiver<K, V>,
): StreamReceiver<K | null, V | null> {
  if (node.store === undefined) return new TableView(node.id, scope, next)
  return new StoredTable(node.id, node.store, scope, next)
}

/** A table that nobody looks into: changes pass through without old values. */
class TableView<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #id: string
  readonly #scope: OperatorScope
  readonly #next: TableReceiver<K, V>

  constructor(id: string, scope: OperatorScope, next: TableReceiver<K, V>) {
    this.#id = id
    this.#scope = scope
    this.#next = next
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    if (key === null) return this.#scope.task.dropped(this.#id, 'null-key')
    return this.#next.change(key, value, null, timestamp, headers)
  }
}

class StoredTable<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #id: string
  readonly #scope: OperatorScope
  readonly #table: MaterializedTable<K, V>

  constructor(id: string, store: string, scope: OperatorScope, next: TableReceiver<K, V>) {
    this.#id = id
    this.#scope = scope
    this.#table = materialize(id, store, scope, next)
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    if (key === null) return this.#scope.task.dropped(this.#id, 'null-key')
    this.#scope.record.enter(this.#id, timestamp, headers)
    return this.#table.update(key, value, this.#table.get(key)?.value ?? null, timestamp, headers)
  }
}
