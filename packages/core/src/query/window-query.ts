import type { Store, ValueAndTimestamp, WindowStore } from '@millrace/state-store'
import { Observable } from 'rxjs'
import { toBytes } from '../serde/encoded.ts'
import { DEFAULT_LIMIT, type RangeOptions, type StoreAccess, take } from './store-access.ts'

/** A committed change of one window of one key. `value` is undefined when it was deleted. */
export interface WindowChange<K, V> {
  readonly key: K
  /** ms since the epoch. */
  readonly windowStart: number
  readonly value: V | undefined
  /** Event time, ms since the epoch. */
  readonly timestamp: number
}

/** Bytes of the window start at the end of a changelog key (state-store, layout/window-key.ts). */
const START_BYTES = 8
/** What follows it where there may be several entries of one key and start. */
const SEQUENCE_BYTES = 4

/**
 * Reads a window store as far as its tasks run in this process: committed state only, as {@link KeyValueQuery} does.
 *
 * @example
 * ```ts fragment
 * const revenue = app.windowStore<number, { cents: bigint }>('revenue-per-minute')
 * const lastHour = await revenue.fetch(42, Date.now() - 3_600_000, Date.now())
 * ```
 */
export class WindowQuery<K, V> {
  readonly #access: StoreAccess

  /** @internal */
  constructor(access: StoreAccess) {
    this.#access = access
  }

  /** One window of a key; undefined when there is none in this process. */
  get(key: K, windowStart: number): Promise<V | undefined> {
    return this.#access.read(async (instances) => {
      for (const store of instances) {
        const found = windows<K, V>(store).get(key, windowStart)
        if (found !== undefined) return found.value
      }
      return undefined
    })
  }

  /** Windows of one key with `from <= start <= to`, by start. */
  fetch(
    key: K,
    from: number,
    to: number,
    options: RangeOptions = {},
  ): Promise<readonly (readonly [windowStart: number, value: V])[]> {
    const { direction = 'forward', limit = DEFAULT_LIMIT } = options
    return this.#access.read(async (instances) => {
      const entries: (readonly [number, ValueAndTimestamp<V>])[] = []
      for (const store of instances) await take(windows<K, V>(store).fetch(key, from, to, direction), limit, entries)
      return entries.map(([start, { value }]) => [start, value] as const)
    })
  }

  /** Windows of all keys with `from <= start <= to`, by start within a partition, one partition after the other. */
  fetchAll(
    from: number,
    to: number,
    options: Pick<RangeOptions, 'limit'> = {},
  ): Promise<readonly (readonly [key: K, windowStart: number, value: V])[]> {
    return this.#access.read(async (instances) => {
      const entries: (readonly [K, number, ValueAndTimestamp<V>])[] = []
      for (const store of instances) {
        await take(windows<K, V>(store).fetchAll(from, to), options.limit ?? DEFAULT_LIMIT, entries)
      }
      return entries.map(([key, start, { value }]) => [key, start, value] as const)
    })
  }

  /** Every committed change of the store in this process, from now on. */
  changes(): Observable<WindowChange<K, V>> {
    const { definition, feed } = this.#access
    const duplicates = definition.kind === 'window' && definition.duplicates === true
    return new Observable<WindowChange<K, V>>((subscriber) =>
      feed.observe((changes) => {
        for (const { key, value, timestamp } of changes) {
          const keyBytes = toBytes(key)
          // What the operators know besides windows is under an empty key.
          if (keyBytes.length === 0) continue
          const keyEnd = keyBytes.length - (duplicates ? START_BYTES + SEQUENCE_BYTES : START_BYTES)
          const valueBytes = value === null ? null : toBytes(value)
          subscriber.next({
            key: definition.key.decode(keyBytes, 0, keyEnd),
            windowStart: Number(keyBytes.readBigUInt64BE(keyEnd)),
            value: valueBytes === null ? undefined : definition.value.decode(valueBytes, 0, valueBytes.length),
            timestamp,
          })
        }
      }),
    )
  }
}

function windows<K, V>(store: Store): WindowStore<K, V> {
  return store as WindowStore<K, V>
}
