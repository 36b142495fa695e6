import type { SessionEntry, SessionStore, Store } from '@millrace/state-store'
import { DEFAULT_LIMIT, type RangeOptions, type StoreAccess, take } from './store-access.ts'

/**
 * Reads a session store as far as its tasks run in this process: committed state only, as {@link KeyValueQuery} does.
 *
 * @example
 * ```ts fragment
 * const visits = app.sessionStore<string, number>('clicks-per-visit')
 * for (const { start, end, value } of await visits.fetch('user-1')) console.log(start, end, value)
 * ```
 */
export class SessionQuery<K, V> {
  readonly #access: StoreAccess

  /** @internal */
  constructor(access: StoreAccess) {
    this.#access = access
  }

  /** Sessions of one key that are there at any time from `from` to `to` (default: all), by end, then start. */
  fetch(key: K, from: number = 0, to: number = Number.POSITIVE_INFINITY): Promise<readonly SessionEntry<V>[]> {
    return this.#access.read(async (instances) => instances.flatMap((store) => sessions<K, V>(store).findSessions(key, from, to)))
  }

  /** Sessions of all keys, by key within a partition, one partition after the other. */
  fetchAll(options: Pick<RangeOptions, 'limit'> = {}): Promise<readonly (readonly [key: K, session: SessionEntry<V>])[]> {
    return this.#access.read(async (instances) => {
      const entries: (readonly [K, SessionEntry<V>])[] = []
      for (const store of instances) await take(sessions<K, V>(store).all(), options.limit ?? DEFAULT_LIMIT, entries)
      return entries
    })
  }
}

function sessions<K, V>(store: Store): SessionStore<K, V> {
  return store as SessionStore<K, V>
}
