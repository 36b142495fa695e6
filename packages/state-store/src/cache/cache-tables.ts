import type { CacheBudget, Evictable } from './cache-budget.ts'
import { CLEAN, type Entry } from './entry.ts'
import type { Cached, EntryTable } from './entry-table.ts'

/** The tables of one cache by their start, counted in the budget of the task. */
export class CacheTables<K, V, E extends Cached = Entry<K, V>> implements Evictable {
  readonly #budget: CacheBudget
  readonly #tables: Map<number, EntryTable<K, V, E>> = new Map()

  constructor(budget: CacheBudget) {
    this.#budget = budget
    budget.register(this)
  }

  get(start: number): EntryTable<K, V, E> | undefined {
    return this.#tables.get(start)
  }

  values(): Iterable<EntryTable<K, V, E>> {
    return this.#tables.values()
  }

  /** Adds a table without entries. */
  add(table: EntryTable<K, V, E>): void {
    this.#tables.set(table.start, table)
  }

  /** Forgets tables that say nothing, and those that nobody can see any more. All entries are clean. */
  dropUseless(isExpired: (table: EntryTable<K, V, E>) => boolean): void {
    for (const table of this.#tables.values()) {
      if (!isExpired(table) && (table.entries.size > 0 || table.complete)) continue
      for (const entry of table.entries.values()) this.#budget.bytes -= entry.bytes
      this.#tables.delete(table.start)
    }
  }

  /** Forgets everything, also what is clean: a function may have changed a cached object in place before it failed. */
  clear(): void {
    for (const table of this.#tables.values()) {
      for (const entry of table.entries.values()) {
        this.#budget.bytes -= entry.bytes
        if (entry.state !== CLEAN) this.#budget.dirtyBytes -= entry.bytes
      }
    }
    this.#tables.clear()
  }

  evict(excess: number): number {
    let freed = 0
    for (const table of this.#tables.values()) {
      if (freed >= excess) break
      freed += table.evict(excess - freed)
    }
    return freed
  }
}
