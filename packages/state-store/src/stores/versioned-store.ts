import type { CacheBudget } from '../cache/cache-budget.ts'
import { NO_HEADERS } from '../cache/entry.ts'
import type { Codec, Encoded } from '../codec.ts'
import type { StateEngine } from '../engine/engine.ts'
import { assertStart, readStart, START_BYTES, writeStart } from '../layout/window-key.ts'
import type { Run } from '../paged/run.ts'
import type { Slot } from '../paged/slot.ts'
import type { Pending } from '../task-state.ts'
import type { VersionedDefinition } from './definition.ts'
import type { ManagedStore } from './managed-store.ts'
import type { Version, VersionedPut, VersionedStore, ValueAndTimestamp } from './store.ts'
import { UnsegmentedStore } from './unsegmented-store.ts'

/**
 * Key → the versions of its value, each valid from its timestamp to the next one's; null: deleted then. A run for each key.
 *
 * The changelog has a record for each version, under key and time, so that compaction takes none of them; versions that have
 * left the history are deleted there when their key is next written.
 */
export class CachedVersionedStore<K, V> extends UnsegmentedStore<K, V | null> implements VersionedStore<K, V>, ManagedStore {
  readonly kind = 'versioned'
  readonly historyRetention: number
  readonly wantsPrevious = false
  readonly hasExpired: boolean = false
  protected readonly suffixBytes: number = START_BYTES
  readonly #stretch: number

  constructor(definition: VersionedDefinition<K, V>, id: number, emptyOnDisk: boolean, engine: StateEngine, budget: CacheBudget) {
    super(
      { ...definition, caching: false },
      versionCodec(definition.value),
      { retention: definition.historyRetention },
      id,
      emptyOnDisk,
      engine,
      budget,
    )
    this.historyRetention = definition.historyRetention
    this.#stretch = stretchOf(definition.historyRetention)
  }

  get observedTime(): number {
    return this.observed.latest
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    return this.#pair(this.runOf(key, this.tableAt()).slots.at(-1))
  }

  getAsOf(key: K, timestamp: number): ValueAndTimestamp<V> | undefined {
    const run = this.runOf(key, this.tableAt())
    const index = run.lowerBound(timestamp, Number.POSITIVE_INFINITY) - 1
    if (index < run.slots.length - 1 && timestamp < this.observed.horizon) return undefined
    return this.#pair(run.slots[index])
  }

  put(key: K, value: V | null, timestamp: number): VersionedPut {
    if (timestamp < this.observed.horizon) return 'expired'
    assertStart(timestamp)
    this.observed.observe(timestamp)
    const run = this.runOf(key, this.tableAt())
    this.#forgetHistory(run)
    this.cache.write(run, timestamp, 0, value, timestamp, NO_HEADERS)
    return run.slots.at(-1)?.major === timestamp ? 'latest' : 'outdated'
  }

  versions(key: K): readonly Version<V>[] {
    const { slots } = this.runOf(key, this.tableAt())
    return slots.flatMap((slot, index): Version<V>[] => {
      const value = this.cache.valueOf(slot)
      const validTo = slots[index + 1]?.major ?? null
      if (value === null || value === undefined || (validTo !== null && this.#isForgotten(validTo))) return []
      return [{ value, validFrom: slot.major, validTo }]
    })
  }

  async *all(): AsyncGenerator<readonly [key: K, ValueAndTimestamp<V>], void> {
    const latest = new Map<string, readonly [K, ValueAndTimestamp<V>]>()
    for await (const slots of this.scan(this.range, () => true)) {
      for (const { key, keyBytes, major, value } of slots) {
        const id = keyBytes.latin1Slice(0, keyBytes.length)
        const known = latest.get(id)
        if (known !== undefined && known[1].timestamp > major) continue
        latest.set(id, [key, { value: value as V, timestamp: major }])
      }
    }
    for (const entry of latest.values()) if (entry[1].value !== null) yield entry
  }

  notify(): Pending {}

  isVisible(): boolean {
    return true
  }

  async expire(): Promise<void> {}

  protected writeSuffix(bytes: Buffer, at: number, { major }: Slot<K, V | null>): void {
    writeStart(bytes, at, major)
  }

  protected readSuffix(bytes: Buffer, at: number): { readonly major: number; readonly minor: number } {
    return { major: readStart(bytes, at + START_BYTES), minor: 0 }
  }

  /** Versions that were replaced then are kept no more: they go by stretches of time, which need not be looked at for each put. */
  #isForgotten(validTo: number): boolean {
    return Math.floor(validTo / this.#stretch) < Math.floor(this.observed.horizon / this.#stretch)
  }

  /** Deletes versions that were replaced before the history begins. */
  #forgetHistory(run: Run<K, V | null>): void {
    const { slots } = run
    while (slots.length > 1 && this.#isForgotten((slots[1] as Slot<K, V>).major)) {
      const { major, minor } = slots[0] as Slot<K, V | null>
      this.cache.write(run, major, minor, undefined, major, NO_HEADERS)
    }
  }

  #pair(slot: Slot<K, V | null> | undefined): ValueAndTimestamp<V> | undefined {
    if (slot === undefined) return undefined
    const value = this.cache.valueOf(slot)
    return value === null || value === undefined ? undefined : { value, timestamp: slot.major }
  }
}

/** As long as the segments of Kafka Streams' versioned stores (Stores.persistentVersionedKeyValueStore), ms. */
function stretchOf(historyRetention: number): number {
  if (historyRetention <= 60_000) return Math.max(Math.floor(historyRetention / 3), 2_000)
  if (historyRetention <= 300_000) return Math.max(Math.floor(historyRetention / 5), 20_000)
  if (historyRetention <= 3_600_000) return Math.max(Math.floor(historyRetention / 12), 60_000)
  return Math.max(Math.floor(historyRetention / 24), 300_000)
}

const DELETED = '\x00'
const VALUE = '\x01'

/** A version is a value, or nothing: the first byte says which. */
function versionCodec<V>(values: Codec<V>): Codec<V | null> {
  return {
    encode(value): Encoded {
      if (value === null) return DELETED
      const encoded = values.encode(value)
      return typeof encoded === 'string' ? VALUE + encoded : Buffer.concat([Buffer.from(VALUE), encoded])
    },
    decode: (bytes, start, end) => (bytes[start] === 0 ? null : values.decode(bytes, start + 1, end)),
  }
}
