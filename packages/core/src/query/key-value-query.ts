import type { Encoded, KeyValueStore, Store, TimestampedStore } from '@millrace/state-store'
import { Observable } from 'rxjs'
import { toBytes } from '../serde/encoded.ts'
import { DEFAULT_LIMIT, type RangeOptions, type StoreAccess, take } from './store-access.ts'

/** A committed change. `value` is undefined when the entry was deleted. */
export interface StoreChange<K, V> {
  readonly key: K
  readonly value: V | undefined
  /** Event time, ms since the epoch. */
  readonly timestamp: number
}

/**
 * Reads a key-value store (a table, or an aggregate without windows) as far as its tasks run in this process.
 *
 * Everything here shows committed state only: under exactly-once, what is read will not be taken back. A query waits for the
 * commit under way, or asks for one, so it also sees every record that was processed before the call; and for tasks of the
 * store that are being restored.
 *
 * @example
 * ```ts fragment
 * const orders = app.store<string, number>('orders-by-status')
 * console.log(await orders.get('paid'))
 * orders.watch('paid').subscribe((count) => console.log(count))
 * ```
 */
export class KeyValueQuery<K, V> {
  readonly #access: StoreAccess

  /** @internal */
  constructor(access: StoreAccess) {
    this.#access = access
  }

  /** The key's value; undefined when there is none in this process. */
  get(key: K): Promise<V | undefined> {
    return this.#access.read(async (instances) => this.#find(instances, key))
  }

  /** Entries with `from <= key <= to` in the order of the keys' bytes, one partition after the other; a missing bound is open. */
  range(from?: K, to?: K, options: RangeOptions = {}): Promise<readonly (readonly [key: K, value: V])[]> {
    const { direction = 'forward', limit = DEFAULT_LIMIT } = options
    return this.#access.read(async (instances) => {
      const entries: (readonly [K, V])[] = []
      for (const store of instances) await take(valuesOf<K, V>(store, from, to, direction), limit, entries)
      return entries
    })
  }

  /** The key's value now, then after each commit that changes it; undefined when it is absent. Ends with the app. */
  watch(key: K): Observable<V | undefined> {
    const wanted = toBytes(this.#access.definition.key.encode(key))
    return new Observable<V | undefined>((subscriber) => {
      let end: (() => void) | undefined
      const begin = async (instances: readonly Store[]): Promise<void> => {
        if (subscriber.closed) return
        end = this.#access.feed.observe((changes) => {
          // The latest of a commit is its result.
          const change = changes.findLast((candidate) => wanted.equals(toBytes(candidate.key)))
          if (change !== undefined) subscriber.next(this.#value(change.value))
        })
        subscriber.next(this.#find(instances, key))
      }
      this.#access.read(begin).catch((error: unknown) => subscriber.error(error))
      return () => end?.()
    })
  }

  /** Every committed change of the store in this process, from now on. */
  changes(): Observable<StoreChange<K, V>> {
    const { definition, feed } = this.#access
    return new Observable<StoreChange<K, V>>((subscriber) =>
      feed.observe((changes) => {
        for (const { key, value, timestamp } of changes) {
          const bytes = toBytes(key)
          subscriber.next({ key: definition.key.decode(bytes, 0, bytes.length), value: this.#value(value), timestamp })
        }
      }),
    )
  }

  #find(instances: readonly Store[], key: K): V | undefined {
    for (const store of instances) {
      const value = isTimestamped<K, V>(store) ? store.get(key)?.value : (store as KeyValueStore<K, V>).get(key)
      if (value !== undefined) return value
    }
    return undefined
  }

  #value(encoded: Encoded | null): V | undefined {
    if (encoded === null) return undefined
    const bytes = toBytes(encoded)
    return this.#access.definition.value.decode(bytes, 0, bytes.length)
  }
}

function isTimestamped<K, V>(store: Store): store is TimestampedStore<K, V> {
  return store.kind === 'timestamped'
}

async function* valuesOf<K, V>(
  store: Store,
  from: K | undefined,
  to: K | undefined,
  direction: 'forward' | 'reverse',
): AsyncGenerator<readonly [K, V]> {
  if (isTimestamped<K, V>(store)) {
    for await (const [key, { value }] of store.range(from, to, direction)) yield [key, value]
  } else {
    yield* (store as KeyValueStore<K, V>).range(from, to, direction)
  }
}
