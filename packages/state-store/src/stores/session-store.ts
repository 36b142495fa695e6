import type { CacheBudget } from '../cache/cache-budget.ts'
import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import { assertStart, readStart, writeStart } from '../layout/window-key.ts'
import { PAGE_NUMBER_BYTES, pageCount, readPage } from '../paged/page-format.ts'
import type { Slot } from '../paged/slot.ts'
import type { Pending } from '../task-state.ts'
import type { SessionDefinition } from './definition.ts'
import type { ManagedStore } from './managed-store.ts'
import type { Headers, SessionEntry, SessionFlushListener, SessionStore } from './store.ts'
import { LEAST_SWEEP_MS, Sweep } from './sweep.ts'
import { UnsegmentedStore } from './unsegmented-store.ts'

/**
 * (Key, session start and end) → value. A run for each key: a record finds all sessions near it with one read. The changelog
 * has a record for each session, under key, end, start (8 bytes each, as Kafka Streams' SessionKeySchema).
 */
export class CachedSessionStore<K, V> extends UnsegmentedStore<K, V> implements SessionStore<K, V>, ManagedStore {
  readonly kind = 'session'
  readonly retention: number
  onFlush: SessionFlushListener<K, V> | null = null
  previousWanted = true
  protected readonly suffixBytes: number = 16
  readonly #sweep: Sweep
  /** Where retention had come to when the last sweep began. */
  #sweptTo: number

  constructor(definition: SessionDefinition<K, V>, id: number, emptyOnDisk: boolean, engine: StateEngine, budget: CacheBudget) {
    super(definition, definition.value, definition, id, emptyOnDisk, engine, budget)
    this.retention = definition.retention
    this.#sweep = new Sweep(
      engine,
      this.range,
      (key, page) => this.#isExpired(key, page),
      (key) => this.release(key, this.table),
    )
    this.#sweptTo = this.observed.latest
  }

  get wantsPrevious(): boolean {
    return this.previousWanted && this.onFlush !== null
  }

  get observedEnd(): number {
    return this.observed.latest
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): readonly SessionEntry<V>[] {
    return this.#find(key, earliestEnd, latestStart, this.observed.horizon)
  }

  findKept(key: K, earliestEnd: number, latestStart: number): readonly SessionEntry<V>[] {
    return this.#find(key, earliestEnd, latestStart, this.observed.keptHorizon)
  }

  #find(key: K, earliestEnd: number, latestStart: number, horizon: number): readonly SessionEntry<V>[] {
    const run = this.runOf(key, this.tableAt())
    const found: SessionEntry<V>[] = []
    for (let i = run.lowerBound(earliestEnd, Number.NEGATIVE_INFINITY); i < run.slots.length; i++) {
      const slot = run.slots[i] as Slot<K, V>
      if (!slot.present || slot.minor > latestStart || slot.major <= horizon) continue
      found.push({ start: slot.minor, end: slot.major, value: this.cache.valueOf(slot) as V })
    }
    return found
  }

  get(key: K, start: number, end: number): V | undefined {
    if (end <= this.observed.horizon) return undefined
    const slot = this.runOf(key, this.tableAt()).find(end, start)
    return slot?.present === true ? this.cache.valueOf(slot) : undefined
  }

  getFlushed(key: K, start: number, end: number): V | undefined {
    if (end <= this.observed.horizon) return undefined
    const slot = this.runOf(key, this.tableAt()).find(end, start)
    return slot === undefined ? undefined : this.cache.flushedOf(slot)
  }

  put(key: K, start: number, end: number, value: V, timestamp: number, headers: Headers): void {
    this.#write(key, start, end, value, timestamp, headers)
  }

  remove(key: K, start: number, end: number, timestamp: number, headers: Headers): void {
    this.#write(key, start, end, undefined, timestamp, headers)
  }

  async *all(): AsyncGenerator<readonly [key: K, SessionEntry<V>], void> {
    for await (const slots of this.scan(this.range, () => true)) {
      for (const { key, major, minor, value } of slots) {
        if (major > this.observed.horizon) yield [key, { start: minor, end: major, value }]
      }
    }
  }

  notify(slot: Slot<K, V>, previous: V | undefined): Pending {
    const { run, major, minor, present, timestamp, headers } = slot
    const next = present ? this.cache.valueOf(slot) : undefined
    return this.onFlush?.(run.key, minor, major, next, previous, timestamp, headers)
  }

  isVisible(slot: Slot<K, V>): boolean {
    return slot.major > this.observed.keptHorizon
  }

  override collect(batch: EngineOperation[]): void {
    this.#sweep.collect(batch)
    super.collect(batch)
  }

  override discard(): void {
    super.discard()
    this.#sweep.discard()
  }

  override wiped(): void {
    this.#sweptTo = Number.NEGATIVE_INFINITY
    super.wiped()
  }

  /** A walk over the whole store costs: once for each retention that has passed. */
  get hasExpired(): boolean {
    if (!Number.isFinite(this.#sweptTo)) this.#sweptTo = this.observed.committed
    return this.observed.committed - this.#sweptTo > Math.max(this.retention, LEAST_SWEEP_MS)
  }

  async expire(stopping: () => boolean): Promise<void> {
    const began = this.observed.committed
    await this.#sweep.run(stopping)
    this.#sweptTo = began
  }

  protected writeSuffix(bytes: Buffer, at: number, { major, minor }: Slot<K, V>): void {
    writeStart(bytes, at, major)
    writeStart(bytes, at + 8, minor)
  }

  protected readSuffix(bytes: Buffer, at: number): { readonly major: number; readonly minor: number } {
    return { major: readStart(bytes, at + 8), minor: readStart(bytes, at + 16) }
  }

  #write(key: K, start: number, end: number, value: V | undefined, timestamp: number, headers: Headers): void {
    if (end <= this.observed.keptHorizon) return
    assertStart(start)
    assertStart(end)
    this.observed.observe(end)
    this.cache.write(this.runOf(key, this.tableAt()), end, start, value, timestamp, headers)
  }

  /** The first page of a run stays as long as there are others. */
  #isExpired(key: Buffer, page: Buffer): boolean {
    if (!this.#allExpired(page)) return false
    if (key.readUInt32BE(key.length - PAGE_NUMBER_BYTES) > 0) return true
    for (let number = 1; number < pageCount(page); number++) {
      const other = Buffer.from(key)
      other.writeUInt32BE(number, key.length - PAGE_NUMBER_BYTES)
      if (this.engine.get(other) !== undefined) return false
    }
    return true
  }

  #allExpired(page: Buffer): boolean {
    const horizon = this.observed.committedHorizon
    let expired = true
    readPage(page, (end) => {
      if (end > horizon) expired = false
    })
    return expired
  }
}
