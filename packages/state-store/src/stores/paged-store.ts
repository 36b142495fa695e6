import type { CacheBudget } from '../cache/cache-budget.ts'
import { CLEAN, type Identity } from '../cache/entry.ts'
import type { EntryTable } from '../cache/entry-table.ts'
import { merge, type Pinned } from '../cache/merge.ts'
import type { Codec, Encoded } from '../codec.ts'
import { toBuffer } from '../encoded.ts'
import type { EngineEntry, EngineOperation, EngineRange, StateEngine } from '../engine/engine.ts'
import { StateStoreError } from '../errors.ts'
import { PageCache, type PageForm } from '../paged/page-cache.ts'
import { PAGE_NUMBER_BYTES, pageKey, readPage } from '../paged/page-format.ts'
import type { Run } from '../paged/run.ts'
import type { Slot } from '../paged/slot.ts'
import type { ChangelogRecord, ChangelogWriter, Pending } from '../task-state.ts'
import type { StoreDefinition } from './definition.ts'
import { identityOf } from './identity.ts'
import { Marks } from './marks.ts'
import { ObservedTime, type Retention } from './observed-time.ts'

/** What a scan finds: one logical entry. */
export interface ScannedSlot<K, V> {
  readonly key: K
  /** For order: the bytes of the key. */
  readonly keyBytes: Buffer
  readonly major: number
  readonly minor: number
  readonly timestamp: number
  readonly value: V
}

/** What stores have in common that keep many logical entries to a page on disk. */
export abstract class PagedStore<K, V> implements PageForm<K, V> {
  readonly name: string
  readonly marks: Marks
  protected readonly cache: PageCache<K, V>
  protected readonly engine: StateEngine
  protected readonly keyCodec: Codec<K>
  protected readonly observed: ObservedTime
  readonly #identity: (key: K) => Identity
  readonly #valueCodec: Codec<V>
  #encodedKey: { readonly key: K; readonly encoded: Encoded } | undefined

  abstract readonly wantsPrevious: boolean
  /** Length of what is before the key in a database key. */
  protected abstract readonly prefixBytes: number
  /** Length of what follows the key in a changelog key. */
  protected abstract readonly suffixBytes: number
  abstract notify(slot: Slot<K, V>, previous: V | undefined): Pending
  abstract isExpired(table: EntryTable<K, V, Run<K, V>>): boolean
  abstract isVisible(slot: Slot<K, V>): boolean
  /** Writes the time of a slot behind the key. */
  protected abstract writeSuffix(bytes: Buffer, at: number, slot: Slot<K, V>): void
  /** Reads it back. */
  protected abstract readSuffix(bytes: Buffer, at: number): { readonly major: number; readonly minor: number }
  /** The table that has, or would have, what is at this time. */
  protected abstract tableAt(major: number): EntryTable<K, V, Run<K, V>>

  constructor(
    definition: StoreDefinition<K, Any>,
    value: Codec<V>,
    retention: Retention,
    id: number,
    engine: StateEngine,
    budget: CacheBudget,
  ) {
    this.name = definition.name
    this.engine = engine
    this.keyCodec = definition.key
    this.#valueCodec = value
    this.#identity = identityOf(definition.key)
    this.marks = new Marks(id, engine)
    this.cache = new PageCache<K, V>(engine, this, definition.key, value, budget, definition.caching)
    this.observed = new ObservedTime(id, retention, engine)
  }

  get changelog(): ChangelogWriter | null {
    return this.cache.changelog
  }

  set changelog(writer: ChangelogWriter | null) {
    this.cache.changelog = writer
  }

  get hasUnflushed(): boolean {
    return this.cache.hasUnflushed || this.marks.hasUnflushed
  }

  get hasUncommitted(): boolean {
    return this.cache.hasUncommitted || this.marks.hasUncommitted || this.observed.hasUncommitted
  }

  flush(): Pending {
    const pending = this.cache.flush()
    if (pending !== undefined) return pending.then(() => this.marks.flush(this.changelog))
    this.marks.flush(this.changelog)
  }

  collect(batch: EngineOperation[]): void {
    this.cache.collect(batch)
    this.marks.collect(batch)
    this.observed.collect(batch)
  }

  committed(): void {
    this.cache.committed()
    this.marks.committed()
    this.observed.applied()
  }

  discard(): void {
    this.cache.reset()
    this.marks.discard()
    this.observed.discard()
  }

  restore(records: readonly ChangelogRecord[], batch: EngineOperation[]): void {
    for (const { key, value, timestamp } of records) {
      if (this.marks.restore(key, value)) continue
      const bytes = toBuffer(key)
      const at = bytes.length - this.suffixBytes
      if (at < 0) throw this.#notOurs(bytes.length)
      const { major, minor } = this.readSuffix(bytes, at)
      this.observed.observe(major)
      const table = this.tableAt(major)
      if (this.isExpired(table)) continue
      const run = this.runOf(this.keyCodec.decode(bytes, 0, at), table)
      this.cache.restore(run, major, minor, value === null ? null : Buffer.from(value), timestamp)
    }
    this.collect(batch)
  }

  restored(): void {
    this.committed()
    this.discard()
  }

  wiped(): void {
    this.marks.wiped()
    this.observed.wiped()
    this.discard()
  }

  changelogKey(slot: Slot<K, V>): Encoded {
    const encoded = this.#encode(slot.run.key)
    const length = typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.length
    const bytes = Buffer.allocUnsafe(length + this.suffixBytes)
    if (typeof encoded === 'string') bytes.utf8Write(encoded, 0)
    else bytes.set(encoded)
    this.writeSuffix(bytes, length, slot)
    return bytes
  }

  protected runOf(key: K, table: EntryTable<K, V, Run<K, V>>): Run<K, V> {
    return this.cache.run(key, this.#identity(key), table)
  }

  /** The logical entries within a range of the database, uncommitted ones laid over it, in order of runs. */
  protected async *scan(
    range: EngineRange,
    covers: (table: EntryTable<K, V, Run<K, V>>) => boolean,
  ): AsyncGenerator<readonly ScannedSlot<K, V>[], void> {
    const reverse = range.reverse === true
    const pinned: Pinned<readonly ScannedSlot<K, V>[]>[] = []
    for (const run of this.cache.uncommitted) if (covers(run.table)) this.#pin(run, pinned)
    const sign = reverse ? -1 : 1
    pinned.sort((a, b) => sign * Buffer.compare(a.engineKey, b.engineKey))
    const decode = (entry: EngineEntry): readonly ScannedSlot<K, V>[] => this.#decodePage(entry)
    for await (const pages of merge(this.engine.cursor(range), pinned, reverse, decode)) yield* pages
  }

  /** Forgets the run that a page of the database belongs to; false when it has uncommitted slots. */
  protected release(engineKey: Buffer, table: EntryTable<K, V, Run<K, V>> | undefined): boolean {
    const key = this.keyCodec.decode(engineKey, this.prefixBytes, engineKey.length - PAGE_NUMBER_BYTES)
    const run = table?.entries.get(this.#identity(key))
    if (run === undefined) return true
    if (run.state !== CLEAN) return false
    this.cache.drop(run)
    return true
  }

  /** The whole of an uncommitted run stands for its first page and hides the others. */
  #pin(run: Run<K, V>, pinned: Pinned<readonly ScannedSlot<K, V>[]>[]): void {
    const key = this.keyCodec.encode(run.key)
    const keyBytes = toBuffer(key)
    const slots = run.slots.flatMap((slot): ScannedSlot<K, V>[] => {
      const { major, minor, timestamp } = slot
      if (!slot.present) return []
      return [{ key: run.key, keyBytes, major, minor, timestamp, value: this.cache.valueOf(slot) as V }]
    })
    for (let page = 0; page < Math.max(1, run.pageCount); page++) {
      pinned.push({ engineKey: pageKey(run.table.prefix, key, page), result: page === 0 ? slots : undefined })
    }
  }

  #decodePage([engineKey, page]: EngineEntry): readonly ScannedSlot<K, V>[] {
    const keyEnd = engineKey.length - PAGE_NUMBER_BYTES
    const key = this.keyCodec.decode(engineKey, this.prefixBytes, keyEnd)
    const keyBytes = engineKey.subarray(this.prefixBytes, keyEnd)
    const slots: ScannedSlot<K, V>[] = []
    readPage(page, (major, minor, timestamp, start, end) => {
      slots.push({ key, keyBytes, major, minor, timestamp, value: this.#valueCodec.decode(page, start, end) })
    })
    return slots
  }

  /** The key's encoding; a run's slots are often written one after the other. */
  #encode(key: K): Encoded {
    if (this.#encodedKey?.key === key) return this.#encodedKey.encoded
    const encoded = this.keyCodec.encode(key)
    if (typeof key !== 'object') this.#encodedKey = { key, encoded }
    return encoded
  }

  #notOurs(length: number): StateStoreError {
    return new StateStoreError(
      'STATE_CORRUPT',
      `The changelog of the store '${this.name}' has a key of ${length} bytes, where a key and ${this.suffixBytes} bytes of time ` +
        'were expected. Is it the changelog of another store?',
    )
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- a versioned store keeps more than the values of its definition
type Any = any
