import type { CacheBudget } from '../cache/cache-budget.ts'
import { CLEAN, type Entry, type Identity } from '../cache/entry.ts'
import { EntryTable } from '../cache/entry-table.ts'
import { merge } from '../cache/merge.ts'
import type { StoreForm } from '../cache/store-form.ts'
import { WriteBackCache } from '../cache/write-back-cache.ts'
import type { Codec, Encoded } from '../codec.ts'
import { assemble } from '../encoded.ts'
import type { EngineEntry, EngineOperation, StateEngine } from '../engine/engine.ts'
import { endOf, PREFIX_BYTES, prefix, successorOf } from '../layout/keys.ts'
import type { ChangelogRecord, ChangelogWriter, Pending } from '../task-state.ts'
import type { KeyValueDefinition, TimestampedDefinition } from './definition.ts'
import { identityOf } from './identity.ts'
import type { StateClock } from './state-clock.ts'
import type { Direction, Headers, ValueAndTimestamp } from './store.ts'
import { LEAST_SWEEP_MS, Sweep } from './sweep.ts'

/** What stores of one entry a key have in common. On disk: prefix, key → value in the form of the kind. */
export abstract class KeyedStore<K, V> implements StoreForm<K, V> {
  readonly name: string
  readonly #prefix: Buffer
  readonly #engine: StateEngine
  readonly #keyCodec: Codec<K>
  readonly #valueCodec: Codec<V>
  readonly #identity: (key: K) => Identity
  readonly #cache: WriteBackCache<K, V>
  #table: EntryTable<K, V>
  readonly #clock: StateClock
  readonly #timeToLive: number | undefined
  readonly #sweep: Sweep
  /** The clock when the last sweep began. */
  #sweptAt = Number.NaN
  /** The database is known to have nothing of this store. */
  #emptyOnDisk: boolean

  abstract readonly valueOffset: number
  abstract readonly wantsPrevious: boolean
  abstract engineValue(encoded: Encoded, timestamp: number): Encoded
  abstract timestampOf(engineValue: Buffer): number
  abstract notify(entry: Entry<K, V>, previous: V | undefined): Pending

  constructor(
    definition: KeyValueDefinition<K, V> | TimestampedDefinition<K, V>,
    id: number,
    emptyOnDisk: boolean,
    engine: StateEngine,
    budget: CacheBudget,
    clock: StateClock,
  ) {
    this.name = definition.name
    this.#prefix = prefix(id)
    this.#engine = engine
    this.#keyCodec = definition.key
    this.#valueCodec = definition.value
    this.#identity = identityOf(definition.key)
    this.#cache = new WriteBackCache<K, V>(engine, this, definition.value, budget, definition.caching)
    this.#emptyOnDisk = emptyOnDisk
    this.#table = this.#newTable()
    this.#clock = clock
    this.#timeToLive = definition.timeToLive
    this.#sweep = this.#newSweep()
  }

  get changelog(): ChangelogWriter | null {
    return this.#cache.changelog
  }

  set changelog(writer: ChangelogWriter | null) {
    this.#cache.changelog = writer
  }

  protected entry(key: K): Entry<K, V> | undefined {
    return this.#cache.read(key, this.#identity(key), this.#table)
  }

  protected flushedOf(entry: Entry<K, V>): ValueAndTimestamp<V> | undefined {
    return this.#cache.flushed(entry)
  }

  /** The time of the clock that entries live by. */
  protected now(): number {
    return this.#clock.now()
  }

  /** Whether an entry of this stamp has outlived its time. */
  protected isDead(timestamp: number): boolean {
    return this.#timeToLive !== undefined && timestamp <= this.#clock.now() - this.#timeToLive
  }

  protected write(key: K, value: V | undefined, timestamp: number, headers: Headers): void {
    this.#cache.write(key, this.#identity(key), this.#table, value, timestamp, headers)
  }

  protected async *scan<R>(
    from: K | undefined,
    to: K | undefined,
    direction: Direction,
    result: (key: K, value: V, timestamp: number) => R,
  ): AsyncGenerator<R, void> {
    const gte = from === undefined ? this.#prefix : this.#engineKey(from)
    const lt = to === undefined ? (endOf(this.#prefix) as Buffer) : successorOf(this.#engineKey(to))
    if (Buffer.compare(gte, lt) < 0) yield* this.#scan(gte, lt, direction, result)
  }

  /** The entries whose encoded keys begin with these bytes. */
  protected scanPrefix<R>(
    prefixOfKeys: Encoded,
    direction: Direction,
    result: (key: K, value: V, timestamp: number) => R,
  ): AsyncGenerator<R, void> {
    const gte = assemble(this.#prefix, prefixOfKeys, 0)
    return this.#scan(gte, endOf(gte) as Buffer, direction, result)
  }

  async *#scan<R>(
    gte: Buffer,
    lt: Buffer,
    direction: Direction,
    result: (key: K, value: V, timestamp: number) => R,
  ): AsyncGenerator<R, void> {
    const reverse = direction === 'reverse'
    const decode = ([key, value]: EngineEntry): R | undefined => {
      const timestamp = this.timestampOf(value)
      if (this.isDead(timestamp)) return undefined
      const decoded = this.#valueCodec.decode(value, this.valueOffset, value.length)
      return result(this.#keyCodec.decode(key, PREFIX_BYTES, key.length), decoded, timestamp)
    }
    const range = { gte, lt, reverse }
    const pinned = this.#cache.pin(range, ({ key, value, timestamp }) =>
      this.isDead(timestamp) ? undefined : result(key, value as V, timestamp),
    )
    for await (const chunk of merge(this.#engine.cursor(range), pinned, reverse, decode)) yield* chunk
  }

  get hasUnflushed(): boolean {
    return this.#cache.hasUnflushed
  }

  get hasUncommitted(): boolean {
    return this.#cache.hasUncommitted
  }

  flush(): Pending {
    return this.#cache.flush()
  }

  collect(batch: EngineOperation[]): void {
    this.#sweep.collect(batch)
    this.#cache.collect(batch)
  }

  committed(): void {
    if (this.#cache.hasUncommitted) this.#emptyOnDisk = false
    this.#cache.committed()
  }

  discard(): void {
    this.#cache.reset()
    this.#sweep.discard()
    this.#table = this.#newTable()
  }

  restore(records: readonly ChangelogRecord[], batch: EngineOperation[]): void {
    for (const { key, value, timestamp } of records) {
      const engineKey = assemble(this.#prefix, key, 0)
      batch.push(
        value === null
          ? { type: 'delete', key: engineKey }
          : { type: 'put', key: engineKey, value: this.engineValue(value, timestamp) },
      )
    }
  }

  restored(): void {
    this.#emptyOnDisk = false
    this.discard()
  }

  wiped(): void {
    this.#emptyOnDisk = true
    this.discard()
  }

  /** A walk over the whole store costs: once in a lifetime. */
  get hasExpired(): boolean {
    if (this.#timeToLive === undefined) return false
    if (Number.isNaN(this.#sweptAt)) this.#sweptAt = this.now()
    return this.now() - this.#sweptAt > Math.max(this.#timeToLive, LEAST_SWEEP_MS)
  }

  async expire(stopping: () => boolean): Promise<void> {
    const began = this.now()
    await this.#sweep.run(stopping)
    this.#sweptAt = began
  }

  engineKey(key: K): Buffer {
    return this.#engineKey(key)
  }

  changelogKey(entry: Entry<K, V>): Encoded {
    return this.#keyCodec.encode(entry.key)
  }

  isExpired(): boolean {
    return false
  }

  #engineKey(key: K): Buffer {
    return assemble(this.#prefix, this.#keyCodec.encode(key), 0)
  }

  #newSweep(): Sweep {
    const range = { gte: this.#prefix, lt: endOf(this.#prefix) as Buffer }
    return new Sweep(
      this.#engine,
      range,
      (_key, value) => this.isDead(this.timestampOf(value)),
      (key) => {
        const entry = this.#table.entries.get(this.#identity(this.#keyCodec.decode(key, PREFIX_BYTES, key.length)))
        return entry === undefined || entry.state === CLEAN
      },
    )
  }

  #newTable(): EntryTable<K, V> {
    const table = new EntryTable<K, V>(0, this.#prefix, this.#emptyOnDisk)
    this.#cache.tables.add(table)
    return table
  }
}
