import type { CacheBudget } from '../cache/cache-budget.ts'
import { DIRTY } from '../cache/entry.ts'
import { EntryTable } from '../cache/entry-table.ts'
import type { StateEngine } from '../engine/engine.ts'
import type { StoreLayout } from '../layout/header.ts'
import { assertStart, readStart, START_BYTES, WINDOW_KEY_PREFIX_BYTES, writeStart } from '../layout/window-key.ts'
import type { Run } from '../paged/run.ts'
import type { Slot } from '../paged/slot.ts'
import type { Pending } from '../task-state.ts'
import type { WindowDefinition } from './definition.ts'
import type { ManagedStore } from './managed-store.ts'
import { PagedStore, type ScannedSlot } from './paged-store.ts'
import { TimeSegments } from './time-segments.ts'
import type { Direction, Headers, PagedWindowStore, ValueAndTimestamp, WindowEntry, WindowFlushListener } from './store.ts'

/** Length of the sequence number that tells entries of one key and start apart. */
const SEQUENCE_BYTES = 4

/**
 * (Key, window start) → stamp, value, where an operator looks at neighbouring windows of a key with each record: they are in
 * one or two runs, a run for each key and time segment. With `duplicates` a put adds an entry, and never replaces one.
 *
 * The changelog has a record for each window, as that of other window stores; with duplicates, a sequence number follows.
 */
export class CachedPagedWindowStore<K, V> extends PagedStore<K, V> implements PagedWindowStore<K, V>, ManagedStore {
  readonly kind = 'window'
  readonly size: number
  onFlush: WindowFlushListener<K, V> | null = null
  previousWanted = true
  protected readonly prefixBytes: number = WINDOW_KEY_PREFIX_BYTES
  protected readonly suffixBytes: number
  readonly #duplicates: boolean
  readonly #segmentLength: number
  readonly #segments: TimeSegments

  constructor(definition: WindowDefinition<K, V>, layout: StoreLayout, engine: StateEngine, budget: CacheBudget) {
    super(definition, definition.value, definition, layout.id, engine, budget)
    this.size = definition.size
    this.#duplicates = definition.duplicates === true
    this.#segmentLength = layout.segment ?? Math.max(1, definition.size)
    this.#segments = new TimeSegments(engine, layout.id, this.#segmentLength)
    this.suffixBytes = this.#duplicates ? START_BYTES + SEQUENCE_BYTES : START_BYTES
  }

  get wantsPrevious(): boolean {
    return this.previousWanted && this.onFlush !== null
  }

  get observedStart(): number {
    return this.observed.latest
  }

  get(key: K, windowStart: number): ValueAndTimestamp<V> | undefined {
    if (windowStart <= this.observed.horizon) return undefined
    const [entry] = this.entries(key, windowStart, windowStart)
    return entry
  }

  getFlushed(key: K, windowStart: number): ValueAndTimestamp<V> | undefined {
    if (windowStart <= this.observed.horizon || windowStart > this.observed.latest) return undefined
    const slot = this.runOf(key, this.tableAt(windowStart)).find(windowStart, 0)
    const value = slot === undefined ? undefined : this.cache.flushedOf(slot)
    if (slot === undefined || value === undefined) return undefined
    return { value, timestamp: slot.state === DIRTY ? slot.flushedTimestamp : slot.timestamp }
  }

  entries(key: K, from: number, to: number): readonly WindowEntry<V>[] {
    const low = Math.max(from, this.observed.keptHorizon + 1, 0)
    const high = Math.min(to, this.observed.latest)
    const found: WindowEntry<V>[] = []
    if (!(low <= high)) return found
    for (let segment = this.#segments.of(low); segment <= this.#segments.of(high); segment++) {
      const { slots } = this.runOf(key, this.#table(segment))
      for (let i = low > segment * this.#segmentLength ? this.#firstFrom(slots, low) : 0; i < slots.length; i++) {
        const slot = slots[i] as Slot<K, V>
        if (slot.major > high) break
        if (!slot.present) continue
        found.push({ start: slot.major, value: this.cache.valueOf(slot) as V, timestamp: slot.timestamp })
      }
    }
    return found
  }

  put(key: K, windowStart: number, value: V, timestamp: number, headers: Headers): void {
    if (!this.#accepts(windowStart)) return
    const run = this.runOf(key, this.tableAt(windowStart))
    this.observed.observe(windowStart)
    const sequence = this.#duplicates ? this.#nextSequence(run, windowStart) : 0
    this.cache.write(run, windowStart, sequence, value, timestamp, headers)
  }

  /** With duplicates: all entries of that start. */
  delete(key: K, windowStart: number, timestamp: number, headers: Headers): void {
    if (!this.#accepts(windowStart)) return
    const run = this.runOf(key, this.tableAt(windowStart))
    this.observed.observe(windowStart)
    const sequences = run.slots.flatMap(({ major, minor }) => (major === windowStart ? [minor] : []))
    for (const sequence of sequences) this.cache.write(run, windowStart, sequence, undefined, timestamp, headers)
  }

  async *fetch(
    key: K,
    from: number,
    to: number,
    direction: Direction = 'forward',
  ): AsyncGenerator<readonly [windowStart: number, ValueAndTimestamp<V>], void> {
    const low = Math.max(from, this.observed.horizon + 1, 0)
    const high = Math.min(to, this.observed.latest)
    if (!(low <= high)) return
    const reverse = direction === 'reverse'
    const length = this.#segmentLength
    for await (const segment of this.#segments.between(low, high, reverse, this.#pinned())) {
      const entries = this.entries(key, Math.max(low, segment * length), Math.min(high, (segment + 1) * length - 1))
      for (const { start, value, timestamp } of reverse ? entries.toReversed() : entries) yield [start, { value, timestamp }]
    }
  }

  async *fetchAll(from: number, to: number): AsyncGenerator<readonly [key: K, windowStart: number, ValueAndTimestamp<V>], void> {
    const low = Math.max(from, this.observed.horizon + 1, 0)
    const high = Math.min(to, this.observed.latest)
    if (!(low <= high)) return
    for await (const segment of this.#segments.between(low, high, false, this.#pinned())) {
      const found: ScannedSlot<K, V>[] = []
      for await (const slots of this.scan(this.#segments.range(segment, segment), (table) => table.start === segment)) {
        for (const slot of slots) if (slot.major >= low && slot.major <= high) found.push(slot)
      }
      for (const { key, major, value, timestamp } of found.sort(byTimeThenKey)) yield [key, major, { value, timestamp }]
    }
  }

  notify(slot: Slot<K, V>, previous: V | undefined): Pending {
    const next = slot.present ? this.cache.valueOf(slot) : undefined
    return this.onFlush?.(slot.run.key, slot.major, next, previous, slot.timestamp, slot.headers)
  }

  isExpired(table: EntryTable<K, V, Run<K, V>>): boolean {
    return (table.start + 1) * this.#segmentLength - 1 <= this.observed.keptHorizon
  }

  isVisible(slot: Slot<K, V>): boolean {
    return slot.major > this.observed.keptHorizon
  }

  override committed(): void {
    super.committed()
    this.cache.tables.dropUseless((table) => this.isExpired(table))
  }

  override wiped(): void {
    this.#segments.wiped()
    super.wiped()
  }

  get hasExpired(): boolean {
    return this.#segments.hasBefore(this.#firstLive)
  }

  async expire(stopping: () => boolean): Promise<void> {
    await this.#segments.clearBefore(this.#firstLive, stopping)
  }

  protected tableAt(start: number): EntryTable<K, V, Run<K, V>> {
    return this.#table(this.#segments.of(start))
  }

  protected writeSuffix(bytes: Buffer, at: number, { major, minor }: Slot<K, V>): void {
    writeStart(bytes, at, major)
    if (this.#duplicates) bytes.writeUInt32BE(minor, at + START_BYTES)
  }

  protected readSuffix(bytes: Buffer, at: number): { readonly major: number; readonly minor: number } {
    return { major: readStart(bytes, at + START_BYTES), minor: this.#duplicates ? bytes.readUInt32BE(at + START_BYTES) : 0 }
  }

  /** Segments of which there may be nothing in the database yet. */
  #pinned(): readonly { readonly engineKey: Buffer }[] {
    return [...new Set([...this.cache.uncommitted].map(({ table }) => table))].map(({ prefix }) => ({ engineKey: prefix }))
  }

  #accepts(start: number): boolean {
    if (start <= this.observed.keptHorizon) return false
    assertStart(start)
    return true
  }

  #table(segment: number): EntryTable<K, V, Run<K, V>> {
    const known = this.cache.tables.get(segment)
    if (known !== undefined) return known
    // What is later than all that was committed is not in the database.
    const complete = segment * this.#segmentLength > this.observed.committed
    const table = new EntryTable<K, V, Run<K, V>>(segment, this.#segments.prefix(segment), complete)
    this.cache.tables.add(table)
    return table
  }

  #nextSequence(run: Run<K, V>, start: number): number {
    const following = run.lowerBound(start, Number.POSITIVE_INFINITY)
    const last = run.slots[following - 1]
    return last !== undefined && last.major === start ? last.minor + 1 : 0
  }

  #firstFrom(slots: readonly Slot<K, V>[], low: number): number {
    const [first] = slots
    return first === undefined ? 0 : first.run.lowerBound(low, Number.NEGATIVE_INFINITY)
  }

  get #firstLive(): number {
    return Math.max(0, this.observed.committedHorizon + 1)
  }
}

function byTimeThenKey<K, V>(a: ScannedSlot<K, V>, b: ScannedSlot<K, V>): number {
  return a.major - b.major || Buffer.compare(a.keyBytes, b.keyBytes) || a.minor - b.minor
}
