import type { CacheBudget } from '../cache/cache-budget.ts'
import { EntryTable } from '../cache/entry-table.ts'
import type { Codec } from '../codec.ts'
import type { StateEngine } from '../engine/engine.ts'
import { endOf, PREFIX_BYTES, prefix } from '../layout/keys.ts'
import type { Run } from '../paged/run.ts'
import type { StoreDefinition } from './definition.ts'
import type { Retention } from './observed-time.ts'
import { PagedStore } from './paged-store.ts'

/** What paged stores have in common whose runs hold all of a key, whatever its time: in the cache they have one table. */
export abstract class UnsegmentedStore<K, V> extends PagedStore<K, V> {
  protected readonly prefixBytes: number = PREFIX_BYTES
  /** All of the store in the database. */
  protected readonly range: { readonly gte: Buffer; readonly lt: Buffer }
  /** The table, while there is one. */
  protected table: EntryTable<K, V, Run<K, V>> | undefined
  /** The database is known to have nothing of this store. */
  #emptyOnDisk: boolean

  constructor(
    definition: StoreDefinition<K, Any>,
    value: Codec<V>,
    retention: Retention,
    id: number,
    emptyOnDisk: boolean,
    engine: StateEngine,
    budget: CacheBudget,
  ) {
    super(definition, value, retention, id, engine, budget)
    const gte = prefix(id)
    this.range = { gte, lt: endOf(gte) as Buffer }
    this.#emptyOnDisk = emptyOnDisk
  }

  isExpired(): boolean {
    return false
  }

  override committed(): void {
    if (this.cache.hasUncommitted) this.#emptyOnDisk = false
    super.committed()
  }

  override discard(): void {
    super.discard()
    this.table = undefined
  }

  override wiped(): void {
    this.#emptyOnDisk = true
    super.wiped()
  }

  protected tableAt(): EntryTable<K, V, Run<K, V>> {
    if (this.table === undefined) {
      this.table = new EntryTable(0, this.range.gte, this.#emptyOnDisk)
      this.cache.tables.add(this.table)
    }
    return this.table
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- a versioned store keeps more than the values of its definition
type Any = any
