import type { Store, Version, VersionedStore } from '@millrace/state-store'
import type { StoreAccess } from './store-access.ts'

/**
 * Reads a versioned store as far as its tasks run in this process: committed state only, as {@link KeyValueQuery} does.
 *
 * @example
 * ```ts fragment
 * const prices = app.versionedStore<string, { cents: number }>('prices')
 * const lastWeek = await prices.getAsOf('apples', Date.now() - 7 * 86_400_000)
 * ```
 */
export class VersionedQuery<K, V> {
  readonly #access: StoreAccess

  /** @internal */
  constructor(access: StoreAccess) {
    this.#access = access
  }

  /** The latest value of a key; undefined when there is none in this process. */
  get(key: K): Promise<V | undefined> {
    return this.#access.read(async (instances) => first(instances, (store) => versioned<K, V>(store).get(key)?.value))
  }

  /** The value that a key had at a time, ms since the epoch; undefined when it had none, or the time is before the history. */
  getAsOf(key: K, timestamp: number): Promise<V | undefined> {
    return this.#access.read(async (instances) =>
      first(instances, (store) => versioned<K, V>(store).getAsOf(key, timestamp)?.value),
    )
  }

  /** All versions of a key that are kept, the oldest first. */
  versions(key: K): Promise<readonly Version<V>[]> {
    return this.#access.read(async (instances) => instances.flatMap((store) => versioned<K, V>(store).versions(key)))
  }
}

function first<T>(instances: readonly Store[], read: (store: Store) => T | undefined): T | undefined {
  for (const store of instances) {
    const found = read(store)
    if (found !== undefined) return found
  }
  return undefined
}

function versioned<K, V>(store: Store): VersionedStore<K, V> {
  return store as VersionedStore<K, V>
}
