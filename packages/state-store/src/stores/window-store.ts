import type { CacheBudget } from '../cache/cache-budget.ts'
import { CLEAN, type Entry, type Identity } from '../cache/entry.ts'
import { EntryTable } from '../cache/entry-table.ts'
import { merge, type Pinned } from '../cache/merge.ts'
import type { StoreForm } from '../cache/store-form.ts'
import { WriteBackCache } from '../cache/write-back-cache.ts'
import type { Codec, Encoded } from '../codec.ts'
import type { EngineEntry, EngineOperation, StateEngine } from '../engine/engine.ts'
import { StateStoreError } from '../errors.ts'
import type { StoreLayout } from '../layout/header.ts'
import { successorOf } from '../layout/keys.ts'
import { assertStart, readStart, START_BYTES, segmentIn, WINDOW_KEY_PREFIX_BYTES, windowKey } from '../layout/window-key.ts'
import { readStamp, STAMP_BYTES, stamped } from '../stamp.ts'
import type { ChangelogRecord, ChangelogWriter, Pending } from '../task-state.ts'
import type { WindowDefinition } from './definition.ts'
import { identityOf } from './identity.ts'
import { Marks } from './marks.ts'
import type { ManagedStore } from './managed-store.ts'
import { ObservedTime } from './observed-time.ts'
import { TimeSegments } from './time-segments.ts'
import type { Direction, Headers, ValueAndTimestamp, WindowFlushListener, WindowStore } from './store.ts'

/** (Key, window start) → stamp, value; in the cache a table for each window start. */
export class CachedWindowStore<K, V> implements WindowStore<K, V>, ManagedStore, StoreForm<K, V> {
  readonly kind = 'window'
  readonly name: string
  readonly size: number
  readonly valueOffset: number = STAMP_BYTES
  onFlush: WindowFlushListener<K, V> | null = null
  previousWanted = true
  readonly marks: Marks

  readonly #segments: TimeSegments
  readonly #engine: StateEngine
  readonly #keyCodec: Codec<K>
  readonly #valueCodec: Codec<V>
  readonly #identity: (key: K) => Identity
  readonly #cache: WriteBackCache<K, V>
  /** Of starts. */
  readonly #observed: ObservedTime
  /** The table that was used last: records come in time order. */
  #table: EntryTable<K, V> | undefined

  constructor(definition: WindowDefinition<K, V>, layout: StoreLayout, engine: StateEngine, budget: CacheBudget) {
    this.name = definition.name
    this.size = definition.size
    this.#segments = new TimeSegments(engine, layout.id, layout.segment ?? definition.size)
    this.#engine = engine
    this.#keyCodec = definition.key
    this.#valueCodec = definition.value
    this.#identity = identityOf(definition.key)
    this.#cache = new WriteBackCache<K, V>(engine, this, definition.value, budget, definition.caching)
    this.marks = new Marks(layout.id, engine)
    this.#observed = new ObservedTime(layout.id, { retention: definition.retention }, engine)
  }

  get changelog(): ChangelogWriter | null {
    return this.#cache.changelog
  }

  set changelog(writer: ChangelogWriter | null) {
    this.#cache.changelog = writer
  }

  get observedStart(): number {
    return this.#observed.latest
  }

  get(key: K, windowStart: number): ValueAndTimestamp<V> | undefined {
    return this.#entry(key, windowStart)?.current
  }

  getFlushed(key: K, windowStart: number): ValueAndTimestamp<V> | undefined {
    const entry = this.#entry(key, windowStart)
    return entry === undefined ? undefined : this.#cache.flushed(entry)
  }

  put(key: K, windowStart: number, value: V, timestamp: number, headers: Headers): void {
    this.#write(key, windowStart, value, timestamp, headers)
  }

  delete(key: K, windowStart: number, timestamp: number, headers: Headers): void {
    this.#write(key, windowStart, undefined, timestamp, headers)
  }

  async *fetch(
    key: K,
    from: number,
    to: number,
    direction: Direction = 'forward',
  ): AsyncGenerator<readonly [windowStart: number, ValueAndTimestamp<V>], void> {
    const low = Math.max(from, this.#observed.horizon + 1, 0)
    const high = Math.min(to, this.#observed.latest)
    if (!(low <= high)) return
    const reverse = direction === 'reverse'
    const encodedKey = this.#keyCodec.encode(key)
    const pinned = this.#pinKey(key, low, high)
    const keyBytes = windowKey(this.#segments.prefix(0), encodedKey, 0).length
    const decode = ([found, value]: EngineEntry): readonly [number, ValueAndTimestamp<V>] | undefined =>
      // Between two keys that begin alike everything begins alike: the length tells a longer key apart.
      found.length === keyBytes ? [readStart(found, found.length), this.#decodeValue(value)] : undefined
    for await (const segment of this.#segments.between(low, high, reverse, pinned)) {
      const prefix = this.#segments.prefix(segment)
      const cursor = this.#engine.cursor({
        gte: windowKey(prefix, encodedKey, Math.ceil(low)),
        lt: successorOf(windowKey(prefix, encodedKey, Math.floor(high))),
        reverse,
      })
      for await (const chunk of merge(cursor, inSegment(pinned, segment, reverse), reverse, decode)) yield* chunk
    }
  }

  async *fetchAll(from: number, to: number): AsyncGenerator<readonly [key: K, windowStart: number, ValueAndTimestamp<V>], void> {
    const low = Math.max(from, this.#observed.horizon + 1, 0)
    const high = Math.min(to, this.#observed.latest)
    if (!(low <= high)) return
    const bounds = this.#segments.range(this.#segments.of(low), this.#segments.of(high))
    const pinned = this.#cache.pin(bounds, (entry): Found<K, V> => {
      const { key, current: pair, table } = entry
      return { engineKey: this.#cache.engineKey(entry), start: table.start, key, pair, value: undefined }
    })
    const decode = ([engineKey, value]: EngineEntry): Found<K, V> => {
      return { engineKey, start: readStart(engineKey, engineKey.length), key: undefined, pair: undefined, value }
    }
    for await (const segment of this.#segments.between(low, high, false, pinned)) {
      const cursor = this.#engine.cursor(this.#segments.range(segment, segment))
      const found: Found<K, V>[] = []
      const overlay = inSegment(pinned, segment, false)
      for await (const chunk of merge(cursor, overlay, false, decode)) {
        for (const entry of chunk) if (entry.start >= low && entry.start <= high) found.push(entry)
      }
      for (const entry of found.sort(byStartThenKey)) yield this.#decodeFound(entry)
    }
  }

  get hasUnflushed(): boolean {
    return this.#cache.hasUnflushed || this.marks.hasUnflushed
  }

  get hasUncommitted(): boolean {
    return this.#cache.hasUncommitted || this.marks.hasUncommitted || this.#observed.hasUncommitted
  }

  flush(): Pending {
    const pending = this.#cache.flush()
    if (pending !== undefined) return pending.then(() => this.marks.flush(this.changelog))
    this.marks.flush(this.changelog)
  }

  collect(batch: EngineOperation[]): void {
    this.#cache.collect(batch)
    this.marks.collect(batch)
    this.#observed.collect(batch)
  }

  committed(): void {
    this.#cache.committed()
    this.marks.committed()
    this.#observed.applied()
    this.#table = undefined
    this.#cache.tables.dropUseless((table) => this.isExpired(table))
  }

  discard(): void {
    this.#cache.reset()
    this.marks.discard()
    this.#table = undefined
    this.#observed.discard()
  }

  restore(records: readonly ChangelogRecord[], batch: EngineOperation[]): void {
    for (const { key, value, timestamp } of records) {
      if (this.marks.restore(key, value)) continue
      if (key.length < START_BYTES) {
        throw new StateStoreError(
          'STATE_CORRUPT',
          `The changelog of the window store '${this.name}' has a key of ${key.length} bytes, where a key and a window start of ` +
            `${START_BYTES} bytes were expected. Is it the changelog of another store?`,
        )
      }
      const start = readStart(key, key.length)
      this.#observed.observe(start)
      if (start <= this.#observed.horizon) continue
      const segment = this.#segments.prefix(this.#segments.of(start))
      const engineKey = Buffer.concat([segment, key])
      batch.push(
        value === null ? { type: 'delete', key: engineKey } : { type: 'put', key: engineKey, value: stamped(timestamp, value) },
      )
    }
    this.marks.collect(batch)
    this.#observed.collect(batch)
  }

  restored(): void {
    this.marks.committed()
    this.#observed.applied()
    this.discard()
  }

  wiped(): void {
    this.marks.wiped()
    this.#observed.wiped()
    this.#segments.wiped()
    this.discard()
  }

  get hasExpired(): boolean {
    return this.#segments.hasBefore(this.#observed.committedHorizon + 1)
  }

  expire(stopping: () => boolean): Promise<void> {
    return this.#segments.clearBefore(this.#observed.committedHorizon + 1, stopping)
  }

  engineKey(key: K, table: EntryTable<K, V>): Buffer {
    return windowKey(table.prefix, this.#keyCodec.encode(key), table.start)
  }

  changelogKey(entry: Entry<K, V>): Encoded {
    return this.#cache.engineKey(entry).subarray(WINDOW_KEY_PREFIX_BYTES)
  }

  engineValue(encoded: Encoded, timestamp: number): Encoded {
    return stamped(timestamp, encoded)
  }

  timestampOf(engineValue: Buffer): number {
    return readStamp(engineValue)
  }

  isExpired(table: EntryTable<K, V>): boolean {
    return table.start <= this.#observed.horizon
  }

  get wantsPrevious(): boolean {
    return this.previousWanted && this.onFlush !== null
  }

  notify(entry: Entry<K, V>, previous: V | undefined): Pending {
    return this.onFlush?.(entry.key, entry.table.start, entry.value, previous, entry.timestamp, entry.headers)
  }

  #write(key: K, start: number, value: V | undefined, timestamp: number, headers: Headers): void {
    if (start <= this.#observed.horizon) return
    const table = this.#tableAt(start) ?? this.#newTable(start, true)
    this.#observed.observe(start)
    this.#cache.write(key, this.#identity(key), table, value, timestamp, headers)
  }

  #entry(key: K, start: number): Entry<K, V> | undefined {
    const table = start <= this.#observed.horizon ? undefined : this.#tableAt(start)
    return table === undefined ? undefined : this.#cache.read(key, this.#identity(key), table)
  }

  /** The table of a start; undefined when there is none and the database has nothing of that start either. */
  #tableAt(start: number): EntryTable<K, V> | undefined {
    if (this.#table?.start === start) return this.#table
    const table = this.#cache.tables.get(start)
    if (table !== undefined) this.#table = table
    else if (start <= this.#observed.committed) return this.#newTable(start, false)
    return table
  }

  #newTable(start: number, complete: boolean): EntryTable<K, V> {
    assertStart(start)
    const table = new EntryTable<K, V>(start, this.#segments.prefix(this.#segments.of(start)), complete)
    this.#cache.tables.add(table)
    this.#table = table
    return table
  }

  #decodeValue(bytes: Buffer): ValueAndTimestamp<V> {
    return { value: this.#valueCodec.decode(bytes, STAMP_BYTES, bytes.length), timestamp: readStamp(bytes) }
  }

  #decodeFound({ engineKey, start, key, pair, value }: Found<K, V>): readonly [K, number, ValueAndTimestamp<V>] {
    if (pair !== undefined) return [key as K, start, pair]
    const decoded = this.#keyCodec.decode(engineKey, WINDOW_KEY_PREFIX_BYTES, engineKey.length - START_BYTES)
    return [decoded, start, this.#decodeValue(value as Buffer)]
  }

  /** Uncommitted entries of one key, ascending. */
  #pinKey(key: K, low: number, high: number): Pinned<readonly [number, ValueAndTimestamp<V>]>[] {
    const id = this.#identity(key)
    const pinned: Pinned<readonly [number, ValueAndTimestamp<V>]>[] = []
    for (const { start, entries } of this.#cache.tables.values()) {
      if (start < low || start > high) continue
      const entry = entries.get(id)
      if (entry === undefined || entry.state === CLEAN) continue
      const { current } = entry
      pinned.push({ engineKey: this.#cache.engineKey(entry), result: current === undefined ? undefined : [start, current] })
    }
    return pinned.sort(byEngineKey)
  }
}

/** An entry on its way through a fetch over all keys: decoded only when its turn comes. */
interface Found<K, V> {
  readonly engineKey: Buffer
  readonly start: number
  /** Key and pair of an uncommitted entry; else the database's value. */
  readonly key: K | undefined
  readonly pair: ValueAndTimestamp<V> | undefined
  readonly value: Buffer | undefined
}

interface PinnedAt {
  readonly engineKey: Buffer
}

function inSegment<P extends PinnedAt>(pinned: readonly P[], segment: number, reverse: boolean): P[] {
  const found = pinned.filter(({ engineKey }) => segmentIn(engineKey) === segment)
  return reverse ? found.reverse() : found
}

function byEngineKey(a: PinnedAt, b: PinnedAt): number {
  return Buffer.compare(a.engineKey, b.engineKey)
}

function byStartThenKey<K, V>(a: Found<K, V>, b: Found<K, V>): number {
  if (a.start !== b.start) return a.start - b.start
  const [end, otherEnd] = [a.engineKey.length - START_BYTES, b.engineKey.length - START_BYTES]
  return a.engineKey.compare(b.engineKey, WINDOW_KEY_PREFIX_BYTES, otherEnd, WINDOW_KEY_PREFIX_BYTES, end)
}
