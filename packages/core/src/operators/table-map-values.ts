import type { TableMapValuesNode } from '../plan/nodes/node.ts'
import { DerivedTable } from './derived-table.ts'

/** `mapValues` of a table. A deletion stays one, without a call of the mapper; every change is passed on. */
export class TableMapValues<K, V> extends DerivedTable<TableMapValuesNode, K, V, unknown> {
  protected readonly endsEmptyChanges: boolean = false

  protected derive(key: K, value: V | null): unknown {
    return value === null ? null : (this.node.mapper(value, key) ?? null)
  }
}
