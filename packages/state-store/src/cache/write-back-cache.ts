import type { Codec, Encoded } from '../codec.ts'
import { toBuffer } from '../encoded.ts'
import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import { SortedMap, type SortedRange } from '../sorted-map.ts'
import type { Headers, ValueAndTimestamp } from '../stores/store.ts'
import type { ChangelogWriter, Pending } from '../task-state.ts'
import type { CacheBudget } from './cache-budget.ts'
import { CacheTables } from './cache-tables.ts'
import { BASE_ABSENT, BASE_PRESENT, BASE_UNKNOWN, CLEAN, DIRTY, Entry, FLUSHED, type Identity, NO_HEADERS } from './entry.ts'
import type { EntryTable } from './entry-table.ts'
import type { Pinned } from './merge.ts'
import type { StoreForm } from './store-form.ts'
import { WriteOrder } from './write-order.ts'

/**
 * Estimated memory of an entry besides its encoded value: the entry, its place in the Map, its keys (measured with
 * 20-byte keys on Node 24). Values are counted as twice their encoded length.
 */
const ENTRY_BYTES = 400

/**
 * The write-back cache of one store. It holds typed objects by the identity of their keys: a hit encodes nothing. What is
 * not committed lives here alone; the database never sees it before `commit`.
 *
 * An entry's life: CLEAN → (write) DIRTY → (flush: changelog, listener) FLUSHED → (commit) CLEAN. Without caching, a write
 * goes to FLUSHED at once.
 */
export class WriteBackCache<K, V> {
  readonly #engine: StateEngine
  readonly #form: StoreForm<K, V>
  readonly #codec: Codec<V>
  readonly #budget: CacheBudget
  readonly #caching: boolean
  readonly tables: CacheTables<K, V>
  changelog: ChangelogWriter | null = null

  /** DIRTY entries. */
  readonly #written: WriteOrder<Entry<K, V>> = new WriteOrder()
  /** All entries that are not CLEAN, each once. */
  #uncommitted: Entry<K, V>[] = []
  /** The same in the order of the database: made by the first scan after a commit, kept up to date from then on. */
  #ordered: SortedMap<Entry<K, V>> | undefined
  /** Estimated bytes of a value that nobody has encoded yet: a running mean of those that were. */
  #meanValueBytes = 128

  constructor(engine: StateEngine, form: StoreForm<K, V>, codec: Codec<V>, budget: CacheBudget, caching: boolean) {
    this.#engine = engine
    this.#form = form
    this.#codec = codec
    this.#budget = budget
    this.#caching = caching
    this.tables = new CacheTables(budget)
  }

  get hasUnflushed(): boolean {
    return !this.#written.isEmpty
  }

  get hasUncommitted(): boolean {
    return this.#uncommitted.length > 0
  }

  /**
   * The uncommitted entries of a range as they are now, in the order of the database, as `result` says; undefined where
   * the value is absent.
   */
  pin<R>(range: SortedRange, result: (entry: Entry<K, V>) => R | undefined): Pinned<R>[] {
    if (this.#uncommitted.length === 0) return []
    if (this.#ordered === undefined) {
      this.#ordered = new SortedMap()
      for (const entry of this.#uncommitted) this.#ordered.set(this.engineKey(entry), entry)
    }
    const pinned: Pinned<R>[] = []
    for (const [engineKey, entry] of this.#ordered.entries(range)) {
      pinned.push({ engineKey, result: entry.value === undefined ? undefined : result(entry) })
    }
    return pinned
  }

  /** The entry of `key`; undefined when it is certain that there is none. An absence that had to be read is cached. */
  read(key: K, id: Identity, table: EntryTable<K, V>): Entry<K, V> | undefined {
    const known = table.entries.get(id)
    if (known !== undefined) {
      known.used = true
      return known
    }
    if (table.complete) return undefined
    const entry = new Entry<K, V>(id, key, table)
    this.#load(entry)
    this.#insert(entry)
    this.#budget.grown()
    return entry
  }

  /** The value at the last flush. */
  flushed(entry: Entry<K, V>): ValueAndTimestamp<V> | undefined {
    if (entry.state !== DIRTY) return entry.current
    const { base, baseValue, encoded } = entry
    // An object may have been changed in place: what was committed, and is not kept encoded, the database has.
    if (base === BASE_UNKNOWN || (encoded === undefined && typeof baseValue === 'object')) this.#readBase(entry)
    if (entry.base === BASE_ABSENT) return undefined
    return { value: this.#previous(entry) as V, timestamp: entry.baseTimestamp }
  }

  /** Sets the value of `key` without looking at what was there; undefined deletes. */
  write(key: K, id: Identity, table: EntryTable<K, V>, value: V | undefined, timestamp: number, headers: Headers): void {
    this.#budget.checkWritable()
    const known = table.entries.get(id)
    const entry = known ?? new Entry<K, V>(id, key, table)
    if (this.#caching) {
      if (known === undefined) this.#create(entry)
      if (entry.state !== DIRTY) this.#dirty(entry)
      else this.#written.moveToEnd(entry)
      entry.used = true
      entry.value = value
      entry.timestamp = timestamp
      entry.headers = headers
      entry.pair = undefined
      return
    }
    // Encoding may fail: nothing has changed until it is done.
    const encoded = value === undefined ? undefined : this.#codec.encode(value)
    const changelogKey = this.#changelogKey(entry)
    if (known === undefined) this.#create(entry)
    if (entry.state === CLEAN) this.#uncommit(entry)
    entry.state = FLUSHED
    entry.used = true
    entry.value = value
    entry.timestamp = timestamp
    entry.pair = undefined
    entry.base = value === undefined ? BASE_ABSENT : BASE_PRESENT
    this.#setEncoded(entry, encoded)
    this.changelog?.(changelogKey, encoded ?? null, timestamp)
  }

  /** Writes DIRTY entries to the changelog and tells the listener, in order of last write. */
  flush(): Pending {
    return this.#written.drain((entry) => this.#flush(entry))
  }

  /** Adds what a commit has to write. */
  collect(batch: EngineOperation[]): void {
    const form = this.#form
    for (const entry of this.#uncommitted) {
      if (form.isExpired(entry.table)) continue
      const key = this.engineKey(entry)
      batch.push(
        entry.encoded === undefined
          ? { type: 'delete', key }
          : { type: 'put', key, value: form.engineValue(entry.encoded, entry.timestamp) },
      )
    }
  }

  /** The database has what `collect` said: all entries are clean. */
  committed(): void {
    const keep = this.#form.wantsPrevious
    for (const entry of this.#uncommitted) {
      entry.state = CLEAN
      entry.headers = NO_HEADERS
      this.#budget.dirtyBytes -= entry.bytes
      if (!keep || typeof entry.value !== 'object') entry.encoded = undefined
      // An absence that a complete table knows anyway is not worth its memory.
      if (entry.value === undefined && entry.table.complete) this.#remove(entry)
    }
    this.#uncommitted = []
    this.#ordered = undefined
  }

  /** Forgets everything, also what is clean. */
  reset(): void {
    this.tables.clear()
    this.#uncommitted = []
    this.#ordered = undefined
    this.#written.clear()
  }

  engineKey(entry: Entry<K, V>): Buffer {
    entry.engineKey ??= this.#form.engineKey(entry.key, entry.table)
    return entry.engineKey
  }

  #changelogKey(entry: Entry<K, V>): Encoded {
    if (entry.changelogKey !== undefined) return entry.changelogKey
    const key = this.#form.changelogKey(entry)
    // Worth its memory only where each write asks for it.
    if (!this.#caching) entry.changelogKey = key
    return key
  }

  #flush(entry: Entry<K, V>): Pending {
    const { value } = entry
    const form = this.#form
    if (entry.base === BASE_UNKNOWN && (value === undefined || form.wantsPrevious)) this.#readBase(entry)
    entry.state = FLUSHED
    if (value === undefined && entry.base === BASE_ABSENT) {
      this.#setEncoded(entry, undefined)
      return
    }
    const previous = entry.base === BASE_PRESENT && form.wantsPrevious ? this.#previous(entry) : undefined
    const encoded = value === undefined ? undefined : this.#codec.encode(value)
    this.#setEncoded(entry, encoded)
    entry.base = value === undefined ? BASE_ABSENT : BASE_PRESENT
    entry.baseValue = undefined
    this.changelog?.(this.#changelogKey(entry), encoded ?? null, entry.timestamp)
    return form.notify(entry, previous)
  }

  /** What the listener is told as previous: primitives as they were; objects from their encoding, which nobody can bend. */
  #previous(entry: Entry<K, V>): V | undefined {
    const { baseValue, encoded } = entry
    if (encoded === undefined || (typeof baseValue !== 'object' && baseValue !== undefined)) return baseValue
    const bytes = toBuffer(encoded)
    return this.#codec.decode(bytes, 0, bytes.length)
  }

  #load(entry: Entry<K, V>): void {
    const found = this.#engine.get(this.engineKey(entry))
    if (found === undefined) {
      entry.base = BASE_ABSENT
      return
    }
    const { valueOffset, wantsPrevious } = this.#form
    entry.base = BASE_PRESENT
    entry.value = this.#codec.decode(found, valueOffset, found.length)
    entry.timestamp = this.#form.timestampOf(found)
    entry.bytes = 2 * found.length
    if (wantsPrevious && typeof entry.value === 'object') entry.encoded = found.subarray(valueOffset)
  }

  /** A write that did not look: reads what the database has under it. */
  #readBase(entry: Entry<K, V>): void {
    const found = this.#engine.get(this.engineKey(entry))
    entry.base = found === undefined ? BASE_ABSENT : BASE_PRESENT
    entry.baseValue = undefined
    entry.encoded = found?.subarray(this.#form.valueOffset)
    if (found !== undefined) entry.baseTimestamp = this.#form.timestampOf(found)
  }

  #create(entry: Entry<K, V>): void {
    if (entry.table.complete) entry.base = BASE_ABSENT
    this.#insert(entry)
  }

  #insert(entry: Entry<K, V>): void {
    entry.bytes += ENTRY_BYTES
    entry.table.entries.set(entry.id, entry)
    this.#budget.bytes += entry.bytes
  }

  #remove(entry: Entry<K, V>): void {
    entry.table.entries.delete(entry.id)
    this.#budget.bytes -= entry.bytes
  }

  #setEncoded(entry: Entry<K, V>, encoded: Encoded | undefined): void {
    entry.encoded = encoded
    const valueBytes = encoded === undefined ? 0 : 2 * encoded.length
    if (encoded !== undefined) this.#meanValueBytes += (valueBytes - this.#meanValueBytes) / 64
    this.#resize(entry, ENTRY_BYTES + valueBytes)
  }

  #resize(entry: Entry<K, V>, bytes: number): void {
    const growth = bytes - entry.bytes
    entry.bytes = bytes
    this.#budget.bytes += growth
    if (entry.state !== CLEAN) this.#budget.dirtyBytes += growth
    if (growth > 0) this.#budget.grown()
  }

  #dirty(entry: Entry<K, V>): void {
    entry.baseValue = entry.value
    entry.baseTimestamp = entry.timestamp
    const clean = entry.state === CLEAN
    if (clean) this.#uncommit(entry)
    entry.state = DIRTY
    this.#written.append(entry)
    if (clean && entry.bytes === ENTRY_BYTES) this.#resize(entry, ENTRY_BYTES + Math.round(this.#meanValueBytes))
  }

  #uncommit(entry: Entry<K, V>): void {
    this.#uncommitted.push(entry)
    this.#ordered?.set(this.engineKey(entry), entry)
    this.#budget.dirtyBytes += entry.bytes
  }
}
