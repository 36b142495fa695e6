import type { CacheBudget } from '../cache/cache-budget.ts'
import { NO_HEADERS } from '../cache/entry.ts'
import type { Encoded } from '../codec.ts'
import type { StateEngine } from '../engine/engine.ts'
import { readStamp, STAMP_BYTES, stamped } from '../stamp.ts'
import type { Pending } from '../task-state.ts'
import type { KeyValueDefinition } from './definition.ts'
import { KeyedStore } from './keyed-store.ts'
import type { ManagedStore } from './managed-store.ts'
import type { StateClock } from './state-clock.ts'
import type { Direction, KeyValueStore } from './store.ts'

/** The timestamp that a store without timestamps gives to its changelog: the writer takes the current record's. */
export const UNKNOWN_TIMESTAMP = -1

/** Key → value, as it is; with a time-to-live: stamp, value. */
export class CachedKeyValueStore<K, V> extends KeyedStore<K, V> implements KeyValueStore<K, V>, ManagedStore {
  readonly kind = 'key-value'
  readonly valueOffset: number
  readonly #stamped: boolean
  readonly wantsPrevious = false

  constructor(
    definition: KeyValueDefinition<K, V>,
    id: number,
    emptyOnDisk: boolean,
    engine: StateEngine,
    budget: CacheBudget,
    clock: StateClock,
  ) {
    super(definition, id, emptyOnDisk, engine, budget, clock)
    this.#stamped = definition.timeToLive !== undefined
    this.valueOffset = this.#stamped ? STAMP_BYTES : 0
  }

  get(key: K): V | undefined {
    const entry = this.entry(key)
    return entry === undefined || this.isDead(entry.timestamp) ? undefined : entry.value
  }

  put(key: K, value: V): void {
    this.write(key, value, this.#stamped ? this.now() : UNKNOWN_TIMESTAMP, NO_HEADERS)
  }

  delete(key: K): void {
    this.write(key, undefined, UNKNOWN_TIMESTAMP, NO_HEADERS)
  }

  range(from?: K, to?: K, direction: Direction = 'forward'): AsyncIterable<readonly [K, V]> {
    return this.scan(from, to, direction, (key, value) => [key, value] as const)
  }

  prefixScan(prefix: Encoded, direction: Direction = 'forward'): AsyncIterable<readonly [K, V]> {
    return this.scanPrefix(prefix, direction, (key, value) => [key, value] as const)
  }

  engineValue(encoded: Encoded, timestamp: number): Encoded {
    return this.#stamped ? stamped(timestamp, encoded) : encoded
  }

  timestampOf(engineValue: Buffer): number {
    return this.#stamped ? readStamp(engineValue) : UNKNOWN_TIMESTAMP
  }

  notify(): Pending {}
}
