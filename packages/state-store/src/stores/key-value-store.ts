import type { Encoded } from '../codec.ts'
import { NO_HEADERS } from '../cache/entry.ts'
import type { Pending } from '../task-state.ts'
import { KeyedStore } from './keyed-store.ts'
import type { ManagedStore } from './managed-store.ts'
import type { Direction, KeyValueStore } from './store.ts'

/** The timestamp that a store without timestamps gives to its changelog: the writer takes the current record's. */
export const UNKNOWN_TIMESTAMP = -1

/** Key → value, as it is. */
export class CachedKeyValueStore<K, V> extends KeyedStore<K, V> implements KeyValueStore<K, V>, ManagedStore {
  readonly kind = 'key-value'
  readonly valueOffset = 0
  readonly wantsPrevious = false

  get(key: K): V | undefined {
    return this.entry(key)?.value
  }

  put(key: K, value: V): void {
    this.write(key, value, UNKNOWN_TIMESTAMP, NO_HEADERS)
  }

  delete(key: K): void {
    this.write(key, undefined, UNKNOWN_TIMESTAMP, NO_HEADERS)
  }

  range(from?: K, to?: K, direction: Direction = 'forward'): AsyncIterable<readonly [K, V]> {
    return this.scan(from, to, direction, (key, value) => [key, value] as const)
  }

  engineValue(encoded: Encoded): Encoded {
    return encoded
  }

  timestampOf(): number {
    return UNKNOWN_TIMESTAMP
  }

  notify(): Pending {}
}
