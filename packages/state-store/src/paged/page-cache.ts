import type { CacheBudget } from '../cache/cache-budget.ts'
import { CacheTables } from '../cache/cache-tables.ts'
import { CLEAN, DIRTY, FLUSHED, type Identity, NO_HEADERS } from '../cache/entry.ts'
import type { EntryTable } from '../cache/entry-table.ts'
import { WriteOrder } from '../cache/write-order.ts'
import type { Codec, Encoded } from '../codec.ts'
import { toBuffer } from '../encoded.ts'
import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import type { Headers } from '../stores/store.ts'
import type { ChangelogWriter, Pending } from '../task-state.ts'
import { pageCount, pageKey, readPage, writePage } from './page-format.ts'
import { Run } from './run.ts'
import { Slot } from './slot.ts'

/** Estimated memory of a run, and of a slot besides its encoded value (counted twice: the typed value is as large). */
const RUN_BYTES = 500
const SLOT_BYTES = 150

/** How one kind of store sees its slots. */
export interface PageForm<K, V> {
  changelogKey(slot: Slot<K, V>): Encoded
  /** Calls the flush listener, if there is one. */
  notify(slot: Slot<K, V>, previous: V | undefined): Pending
  /** Whether `notify` wants the previous value. */
  readonly wantsPrevious: boolean
  /** True for tables that nobody can see any more: they are not written. */
  isExpired(table: EntryTable<K, V, Run<K, V>>): boolean
  /** False for slots that nobody can see any more: they are left out when their run is written. */
  isVisible(slot: Slot<K, V>): boolean
}

/**
 * The write-back cache of a store whose logical entries are kept many to a page. A run is read whole, synchronously, when it
 * is first touched. Written slots go to the changelog and to the flush listener one by one, like the entries of other stores;
 * to the database go the pages that they are in.
 */
export class PageCache<K, V> {
  readonly tables: CacheTables<K, V, Run<K, V>>
  changelog: ChangelogWriter | null = null
  readonly #engine: StateEngine
  readonly #form: PageForm<K, V>
  readonly #keys: Codec<K>
  readonly #values: Codec<V>
  readonly #budget: CacheBudget
  readonly #caching: boolean
  /** DIRTY slots. */
  readonly #written: WriteOrder<Slot<K, V>> = new WriteOrder()
  /** Runs with pages that are not in the database, each once. */
  readonly #uncommitted: Set<Run<K, V>> = new Set()

  constructor(
    engine: StateEngine,
    form: PageForm<K, V>,
    keys: Codec<K>,
    values: Codec<V>,
    budget: CacheBudget,
    caching: boolean,
  ) {
    this.#engine = engine
    this.#form = form
    this.#keys = keys
    this.#values = values
    this.#budget = budget
    this.#caching = caching
    this.tables = new CacheTables(budget)
  }

  get hasUnflushed(): boolean {
    return !this.#written.isEmpty
  }

  get hasUncommitted(): boolean {
    return this.#uncommitted.size > 0
  }

  get uncommitted(): Iterable<Run<K, V>> {
    return this.#uncommitted
  }

  /** The run of a key, read from the database when it is not cached. Absence is cached too. */
  run(key: K, id: Identity, table: EntryTable<K, V, Run<K, V>>): Run<K, V> {
    const known = table.entries.get(id)
    if (known !== undefined) {
      known.used = true
      return known
    }
    const run = new Run<K, V>(id, key, table)
    run.bytes = RUN_BYTES
    if (!table.complete) this.#load(run)
    table.entries.set(id, run)
    this.#budget.bytes += run.bytes
    this.#budget.grown()
    return run
  }

  valueOf(slot: Slot<K, V>): V | undefined {
    if (slot.decoded) return slot.value
    slot.decoded = true
    slot.value = this.#decode(slot.encoded as Encoded)
    return slot.value
  }

  /** The value at the last flush. */
  flushedOf(slot: Slot<K, V>): V | undefined {
    if (slot.state !== DIRTY) return slot.present ? this.valueOf(slot) : undefined
    return slot.encoded === undefined ? undefined : this.#decode(slot.encoded)
  }

  /** Sets or (undefined) deletes the value at a time. What is not there is not deleted. */
  write(run: Run<K, V>, major: number, minor: number, value: V | undefined, timestamp: number, headers: Headers): void {
    this.#budget.checkWritable()
    const known = run.find(major, minor)
    if (value === undefined && known?.present !== true) return
    // Encoding may fail: nothing has changed until it is done.
    const encoded = this.#caching || value === undefined ? undefined : this.#values.encode(value)
    const slot = known ?? run.insert(major, minor)
    this.#touch(run, slot.page)
    if (known === undefined) this.#grow(run, SLOT_BYTES)
    if (slot.state !== DIRTY) slot.flushedTimestamp = slot.timestamp
    slot.value = value
    slot.decoded = true
    slot.present = value !== undefined
    slot.timestamp = timestamp
    if (this.#caching) {
      slot.headers = headers
      if (slot.state !== DIRTY) this.#written.append(slot)
      else this.#written.moveToEnd(slot)
      slot.state = DIRTY
      return
    }
    slot.state = FLUSHED
    this.#setEncoded(slot, encoded)
    this.changelog?.(this.#form.changelogKey(slot), encoded ?? null, timestamp)
  }

  /** Applies a record of the changelog. */
  restore(run: Run<K, V>, major: number, minor: number, value: Encoded | null, timestamp: number): void {
    const known = run.find(major, minor)
    if (value === null && known === undefined) return
    const slot = known ?? run.insert(major, minor)
    this.#touch(run, slot.page)
    if (known === undefined) this.#grow(run, SLOT_BYTES)
    slot.present = value !== null
    slot.timestamp = timestamp
    slot.value = undefined
    slot.decoded = value === null
    this.#setEncoded(slot, value ?? undefined)
  }

  /** Tells changelog and listener of what was written since the last flush, in order of last write. */
  flush(): Pending {
    return this.#written.drain((slot) => this.#flush(slot))
  }

  /** Adds what a commit has to write. */
  collect(batch: EngineOperation[]): void {
    for (const run of this.#uncommitted) {
      if (this.#form.isExpired(run.table)) continue
      this.#prune(run)
      const { prefix } = run.table
      const key = this.#keys.encode(run.key)
      if (run.slots.length === 0) {
        for (let page = 0; page < run.pageCount; page++) batch.push({ type: 'delete', key: pageKey(prefix, key, page) })
        continue
      }
      for (const page of run.dirtyPages) {
        const slots = run.slots.filter((slot) => slot.page === page)
        batch.push({ type: 'put', key: pageKey(prefix, key, page), value: writePage(run.pageCount, slots) })
      }
    }
  }

  /** The database has what `collect` said. */
  committed(): void {
    for (const run of this.#uncommitted) {
      run.written()
      this.#budget.dirtyBytes -= run.bytes
      for (const slot of run.slots) {
        slot.state = CLEAN
        slot.headers = NO_HEADERS
      }
      // An absence that a complete table knows anyway is not worth its memory.
      if (!run.present && run.table.complete) this.drop(run)
    }
    this.#uncommitted.clear()
  }

  /** Forgets everything, also what is clean. */
  reset(): void {
    this.tables.clear()
    this.#uncommitted.clear()
    this.#written.clear()
  }

  /** Forgets a run that is clean. */
  drop(run: Run<K, V>): void {
    run.table.entries.delete(run.id)
    this.#budget.bytes -= run.bytes
  }

  #load(run: Run<K, V>): void {
    const key = this.#keys.encode(run.key)
    let pages = 1
    for (let page = 0; page < pages; page++) {
      const bytes = this.#engine.get(pageKey(run.table.prefix, key, page))
      if (bytes === undefined && page === 0) return
      if (bytes === undefined) {
        run.load(page, [])
        continue
      }
      if (page === 0) pages = pageCount(bytes)
      const slots: Slot<K, V>[] = []
      readPage(bytes, (major, minor, timestamp, start, end) => {
        const slot = new Slot(run, major, minor, page)
        slot.timestamp = timestamp
        slot.encoded = bytes.subarray(start, end)
        slot.decoded = false
        slots.push(slot)
      })
      run.load(page, slots)
      run.bytes += slots.length * SLOT_BYTES + 2 * bytes.length
    }
  }

  #flush(slot: Slot<K, V>): Pending {
    const form = this.#form
    slot.state = FLUSHED
    const before = slot.encoded
    if (!slot.present && before === undefined) {
      this.#setEncoded(slot, undefined)
      return
    }
    const previous = before !== undefined && form.wantsPrevious ? this.#decode(before) : undefined
    const encoded = slot.present ? this.#values.encode(slot.value as V) : undefined
    this.#setEncoded(slot, encoded)
    this.changelog?.(form.changelogKey(slot), encoded ?? null, slot.timestamp)
    return form.notify(slot, previous)
  }

  /** What changelog and listener have been told: a deleted slot is gone then. */
  #setEncoded(slot: Slot<K, V>, encoded: Encoded | undefined): void {
    const { run } = slot
    let growth = 2 * (lengthOf(encoded) - lengthOf(slot.encoded))
    slot.encoded = encoded
    if (!slot.present) {
      run.remove(slot)
      growth -= SLOT_BYTES
    }
    this.#grow(run, growth)
  }

  /** Leaves out what nobody can see any more. */
  #prune(run: Run<K, V>): void {
    for (let i = run.slots.length - 1; i >= 0; i--) {
      const slot = run.slots[i] as Slot<K, V>
      if (this.#form.isVisible(slot)) continue
      run.remove(slot)
      this.#grow(run, -SLOT_BYTES - 2 * lengthOf(slot.encoded))
    }
  }

  #touch(run: Run<K, V>, page: number): void {
    run.dirtyPages.add(page)
    run.used = true
    if (this.#uncommitted.has(run)) return
    // Reading it may have grown the cache so far that it was the one to go.
    const { entries } = run.table
    if (entries.get(run.id) !== run) {
      entries.set(run.id, run)
      this.#budget.bytes += run.bytes
    }
    this.#uncommitted.add(run)
    this.#budget.dirtyBytes += run.bytes
  }

  #grow(run: Run<K, V>, bytes: number): void {
    run.bytes += bytes
    this.#budget.bytes += bytes
    if (this.#uncommitted.has(run)) this.#budget.dirtyBytes += bytes
    if (bytes > 0) this.#budget.grown()
  }

  #decode(encoded: Encoded): V {
    const bytes = toBuffer(encoded)
    return this.#values.decode(bytes, 0, bytes.length)
  }
}

function lengthOf(encoded: Encoded | undefined): number {
  return encoded === undefined ? 0 : encoded.length
}
