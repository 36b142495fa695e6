import type { TableTransformValuesNode } from '../plan/nodes/node.ts'
import { DerivedTable } from './derived-table.ts'
import type { TableReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { UserCodeContext } from './user-code-context.ts'

/** `transformValues` of a table: the user's code with state computes the values, deletions included. */
export class TableTransformValues<K, V> extends DerivedTable<TableTransformValuesNode, K, V, unknown> {
  protected readonly endsEmptyChanges: boolean = false
  readonly #transform: (value: V | null, key: K) => unknown

  constructor(node: TableTransformValuesNode, scope: OperatorScope, next: TableReceiver<K, unknown>) {
    super(node, scope, next)
    this.#transform = node.supplier(new UserCodeContext(node.id, node.stores, scope))
  }

  protected derive(key: K, value: V | null): unknown {
    return this.#transform(value, key) ?? null
  }
}
