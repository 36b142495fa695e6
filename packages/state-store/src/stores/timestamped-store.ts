import type { Entry } from '../cache/entry.ts'
import type { Encoded } from '../codec.ts'
import { readStamp, STAMP_BYTES, stamped } from '../stamp.ts'
import type { Pending } from '../task-state.ts'
import { KeyedStore } from './keyed-store.ts'
import type { ManagedStore } from './managed-store.ts'
import type { Direction, FlushListener, Headers, TimestampedStore, ValueAndTimestamp } from './store.ts'

/** Key → stamp, value. */
export class CachedTimestampedStore<K, V> extends KeyedStore<K, V> implements TimestampedStore<K, V>, ManagedStore {
  readonly kind = 'timestamped'
  readonly valueOffset: number = STAMP_BYTES
  onFlush: FlushListener<K, V> | null = null
  previousWanted = true

  get wantsPrevious(): boolean {
    return this.previousWanted && this.onFlush !== null
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    const entry = this.entry(key)
    return entry === undefined || this.isDead(entry.timestamp) ? undefined : entry.current
  }

  getFlushed(key: K): ValueAndTimestamp<V> | undefined {
    const entry = this.entry(key)
    const flushed = entry === undefined ? undefined : this.flushedOf(entry)
    return flushed === undefined || this.isDead(flushed.timestamp) ? undefined : flushed
  }

  put(key: K, value: V, timestamp: number, headers: Headers): void {
    this.write(key, value, timestamp, headers)
  }

  delete(key: K, timestamp: number, headers: Headers): void {
    this.write(key, undefined, timestamp, headers)
  }

  range(from?: K, to?: K, direction: Direction = 'forward'): AsyncIterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.scan(from, to, direction, (key, value, timestamp) => [key, { value, timestamp }] as const)
  }

  prefixScan(prefix: Encoded, direction: Direction = 'forward'): AsyncIterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.scanPrefix(prefix, direction, (key, value, timestamp) => [key, { value, timestamp }] as const)
  }

  engineValue(encoded: Encoded, timestamp: number): Encoded {
    return stamped(timestamp, encoded)
  }

  timestampOf(engineValue: Buffer): number {
    return readStamp(engineValue)
  }

  notify(entry: Entry<K, V>, previous: V | undefined): Pending {
    return this.onFlush?.(entry.key, entry.value, previous, entry.timestamp, entry.headers)
  }
}
