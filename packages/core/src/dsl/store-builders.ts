import { type Duration, parseDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type {
  KeyValueStoreBuilder,
  SessionStoreBuilder,
  TimestampedStoreBuilder,
  WindowStoreBuilder,
} from '../plan/store-builder.ts'
import type { Serde } from '../serde/index.ts'

/** What stores for processors have in common. */
export interface StoreBuilderOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** True: between two commits the updates of a key are merged into one for the changelog. Default: the app's setting. */
  readonly caching?: boolean
  /** False: no changelog. The state is lost with the folder that holds it. Default true. */
  readonly logging?: boolean
  /** True: kept in memory, and restored from the changelog at each start. Default false: in LevelDB. */
  readonly inMemory?: boolean
}

/** How a store of values by key is kept. */
export interface KeyedStoreBuilderOptions<K, V> extends StoreBuilderOptions<K, V> {
  /**
   * How long an entry lives after it was last put, in stream time: then it is as if it were not there, and its space is given
   * back. Default: for ever.
   */
  readonly timeToLive?: Duration
}

/** How a store of sessions is kept. */
export interface SessionStoreBuilderOptions<K, V> extends StoreBuilderOptions<K, V> {
  /** How long sessions are kept; counts from the newest end. */
  readonly retention: Duration
}

/** How a store of values by key and time is kept. */
export interface WindowStoreBuilderOptions<K, V> extends StoreBuilderOptions<K, V> {
  /** Length of a window. */
  readonly size: Duration
  /** How long entries are kept; counts from the newest one. At least (and by default) `size`. */
  readonly retention?: Duration
  /** True: several values for one key and time. Default false: a later one replaces the earlier one. */
  readonly duplicates?: boolean
}

/**
 * Declares a store of values by key, for processors. Give the same builder to all who share the store.
 *
 * @example
 * ```ts
 * import { keyValueStore, string, topology } from '@millrace/core'
 *
 * const seen = keyValueStore('seen', { key: string(), value: string() })
 *
 * export const changes = topology('changes', (t) => {
 *   t.stream('readings', { key: string(), value: string() })
 *     .process(
 *       (context) => {
 *         const last = context.store(seen)
 *         return (record) => {
 *           if (last.get(record.key) === record.value) return
 *           last.put(record.key, record.value)
 *           return context.forward(record)
 *         }
 *       },
 *       { stores: [seen] },
 *     )
 *     .to('changed-readings')
 * })
 * ```
 */
export function keyValueStore<const Name extends string, K, V>(
  name: Name,
  options: KeyedStoreBuilderOptions<K, V>,
): KeyValueStoreBuilder<Name, K, V> {
  return Object.freeze({ kind: 'key-value', ...common(name, options), ...living(name, options) })
}

/**
 * Declares a store of values with their timestamps by key, for processors.
 *
 * @example
 * ```ts
 * import { string, timestampedStore, topology } from '@millrace/core'
 *
 * const latest = timestampedStore('latest', { key: string(), value: string() })
 *
 * export const inOrder = topology('in-order', (t) => {
 *   t.stream('readings', { key: string(), value: string() })
 *     .processValues(
 *       (context) => {
 *         const store = context.store(latest)
 *         return (record) => {
 *           if ((store.get(record.key)?.timestamp ?? 0) > record.timestamp) return // came late
 *           store.put(record.key, record.value)
 *           return context.forward(record)
 *         }
 *       },
 *       { stores: [latest] },
 *     )
 *     .to('readings-in-order')
 * })
 * ```
 */
export function timestampedStore<const Name extends string, K, V>(
  name: Name,
  options: KeyedStoreBuilderOptions<K, V>,
): TimestampedStoreBuilder<Name, K, V> {
  return Object.freeze({ kind: 'timestamped', ...common(name, options), ...living(name, options) })
}

/**
 * Declares a store of values by key and time, for processors.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the retention is shorter than the size
 *
 * @example
 * ```ts
 * import { double, string, topology, windowStore } from '@millrace/core'
 *
 * const recent = windowStore('recent', { key: string(), value: double(), size: '1s', retention: '1h' })
 *
 * export const averages = topology('averages', (t) => {
 *   t.stream('celsius', { key: string(), value: double() })
 *     .processValues(
 *       (context) => {
 *         const store = context.store(recent)
 *         return async (record) => {
 *           store.put(record.key, record.value, record.timestamp)
 *           let [sum, count] = [0, 0]
 *           for await (const [, value] of store.fetch(record.key, record.timestamp - 3_600_000, record.timestamp)) {
 *             sum += value
 *             count++
 *           }
 *           await context.forward({ ...record, value: sum / count })
 *         }
 *       },
 *       { stores: [recent] },
 *     )
 *     .to('hourly-averages')
 * })
 * ```
 */
export function windowStore<const Name extends string, K, V>(
  name: Name,
  options: WindowStoreBuilderOptions<K, V>,
): WindowStoreBuilder<Name, K, V> {
  const size = parseDuration(options.size, `${name}: size`)
  const retention = options.retention === undefined ? size : parseDuration(options.retention, `${name}: retention`)
  if (retention < size) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `Store "${name}": retention (${retention} ms) is shorter than its windows (${size} ms), so entries would go too early. Give at least ${size}`,
      { location: { store: name } },
    )
  }
  return Object.freeze({ kind: 'window', ...common(name, options), size, retention, duplicates: options.duplicates ?? false })
}

/**
 * Declares a store of values by key and session, for processors.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the retention is no duration
 *
 * @example
 * ```ts
 * import { json, sessionStore, string, topology } from '@millrace/core'
 *
 * const calls = sessionStore('calls', { key: string(), value: json<{ cents: number }>(), retention: '1d' })
 *
 * export const parallel = topology('parallel-calls', (t) => {
 *   t.stream('calls', { key: string(), value: json<{ start: number; cents: number }>() })
 *     .processValues(
 *       (context) => {
 *         const store = context.store(calls)
 *         return ({ key, value, timestamp }) => {
 *           const others = store.findSessions(key, value.start, timestamp)
 *           store.put(key, { cents: value.cents }, value.start, timestamp)
 *           return context.forward({ value: { parallel: others.length } })
 *         }
 *       },
 *       { stores: [calls], value: json<{ parallel: number }>() },
 *     )
 *     .to('parallel-calls')
 * })
 * ```
 */
export function sessionStore<const Name extends string, K, V>(
  name: Name,
  options: SessionStoreBuilderOptions<K, V>,
): SessionStoreBuilder<Name, K, V> {
  const retention = parseDuration(options.retention, `${name}: retention`)
  return Object.freeze({ kind: 'session', ...common(name, options), retention })
}

function living(name: string, { timeToLive }: { readonly timeToLive?: Duration }): { readonly timeToLive?: number } {
  return timeToLive === undefined ? {} : { timeToLive: parseDuration(timeToLive, `${name}: timeToLive`) }
}

function common<Name extends string, K, V>(
  name: Name,
  { key, value, caching, logging = true, inMemory = false }: StoreBuilderOptions<K, V>,
): Omit<KeyValueStoreBuilder<Name, K, V>, 'kind'> {
  return { name, key, value, logging, inMemory, ...(caching !== undefined && { caching }) }
}
