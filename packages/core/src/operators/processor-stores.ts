import type {
  Direction,
  Encoded,
  KeyValueStore,
  SessionEntry,
  SessionStore,
  TimestampedStore,
  ValueAndTimestamp,
  WindowStore,
} from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type {
  ProcessorKeyValueStore,
  ProcessorSessionStore,
  ProcessorTimestampedStore,
  ProcessorWindowStore,
} from '../plan/processor-store.ts'
import type { CurrentRecord } from './current-record.ts'
import type { OperatorScope } from './operator-scope.ts'
import type { GlobalStores } from './task-context.ts'

/** What processors get of a store. */
export type ProcessorStore =
  | ProcessorKeyValueStore<unknown, unknown>
  | ProcessorTimestampedStore<unknown, unknown>
  | ProcessorWindowStore<unknown, unknown>
  | ProcessorSessionStore<unknown, unknown>

const WRITES: ReadonlySet<string | symbol> = new Set(['put', 'putIfAbsent', 'delete'])

/**
 * A store of the task as processors see it, or a global one, which all may read.
 *
 * @throws {MillraceError} STORE_NOT_CONNECTED when the operator was not given it
 */
export function processorStore(
  scope: OperatorScope,
  operator: string,
  connected: readonly string[],
  name: string,
): ProcessorStore {
  if (connected.includes(name)) return viewOf(scope, scope.task.state, name)
  if (scope.plan.globals.some(({ store }) => store === name)) return readOnly(viewOf(scope, scope.task.globals, name))
  throw notConnected(operator, connected, name)
}

function viewOf(scope: OperatorScope, state: GlobalStores, name: string): ProcessorStore {
  const plan = scope.plan.stores.get(name)
  switch (plan?.definition.kind) {
    case 'key-value':
      return new KeyValueView(state.keyValue(name))
    case 'window': {
      const { duplicates = false } = plan.definition
      return new WindowView(state.window(name), duplicates, scope.record)
    }
    case 'session':
      return new SessionView(state.session(name), scope.record)
    default:
      return new TimestampedView(state.timestamped(name), scope.record)
  }
}

/** What a task would write to a global store, other tasks and processes would not see. */
function readOnly<S extends ProcessorStore>(store: S): S {
  return new Proxy(store, {
    get(target, name): unknown {
      if (WRITES.has(name))
        throw new Error(`Store "${store.name}" is global: it is written by its own topic alone, so send records there`)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function notConnected(operator: string, connected: readonly string[], name: string): MillraceError {
  const list = connected.length === 0 ? 'none' : connected.join(', ')
  return new MillraceError(
    'STORE_NOT_CONNECTED',
    `"${operator}" asks for store "${name}", which it was not given (it was given: ${list}). Add it where the operator is made: { stores: [${name}] }`,
    { location: { operator, store: name } },
  )
}

class KeyValueView<K, V> implements ProcessorKeyValueStore<K, V> {
  readonly #store: KeyValueStore<K, V>

  constructor(store: KeyValueStore<K, V>) {
    this.#store = store
  }

  get name(): string {
    return this.#store.name
  }

  get(key: K): V | undefined {
    return this.#store.get(key)
  }

  put(key: K, value: V | null): void {
    if (value === null) this.#store.delete(key)
    else this.#store.put(key, value)
  }

  putIfAbsent(key: K, value: V): V | undefined {
    const present = this.#store.get(key)
    if (present === undefined) this.#store.put(key, value)
    return present
  }

  delete(key: K): V | undefined {
    const present = this.#store.get(key)
    if (present !== undefined) this.#store.delete(key)
    return present
  }

  range(from?: K, to?: K, direction?: Direction): AsyncIterable<readonly [K, V]> {
    return this.#store.range(from, to, direction)
  }

  prefixScan(prefix: Encoded, direction?: Direction): AsyncIterable<readonly [K, V]> {
    return this.#store.prefixScan(prefix, direction)
  }
}

class TimestampedView<K, V> implements ProcessorTimestampedStore<K, V> {
  readonly #store: TimestampedStore<K, V>
  readonly #record: CurrentRecord

  constructor(store: TimestampedStore<K, V>, record: CurrentRecord) {
    this.#store = store
    this.#record = record
  }

  get name(): string {
    return this.#store.name
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    return this.#store.get(key)
  }

  put(key: K, value: V | null, timestamp: number = this.#record.timestamp): void {
    if (value === null) this.#store.delete(key, timestamp, this.#record.headers)
    else this.#store.put(key, value, timestamp, this.#record.headers)
  }

  range(from?: K, to?: K, direction?: Direction): AsyncIterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.#store.range(from, to, direction)
  }

  prefixScan(prefix: Encoded, direction?: Direction): AsyncIterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.#store.prefixScan(prefix, direction)
  }
}

/** Entries have the timestamp of the record that put them, for the changelog; processors do not see it. */
class WindowView<K, V> implements ProcessorWindowStore<K, V> {
  readonly #store: WindowStore<K, V>
  readonly #duplicates: boolean
  readonly #record: CurrentRecord

  constructor(store: WindowStore<K, V>, duplicates: boolean, record: CurrentRecord) {
    this.#store = store
    this.#duplicates = duplicates
    this.#record = record
  }

  get name(): string {
    return this.#store.name
  }

  get size(): number {
    return this.#store.size
  }

  put(key: K, value: V | null, windowStart: number): void {
    const { timestamp, headers } = this.#record
    if (value !== null) this.#store.put(key, windowStart, value, timestamp, headers)
    else if (!this.#duplicates) this.#store.delete(key, windowStart, timestamp, headers)
  }

  get(key: K, windowStart: number): V | undefined {
    return this.#store.get(key, windowStart)?.value
  }

  async *fetch(key: K, from: number, to: number, direction?: Direction): AsyncGenerator<readonly [number, V], void> {
    for await (const [start, { value }] of this.#store.fetch(key, from, to, direction)) yield [start, value]
  }

  async *fetchAll(from: number, to: number): AsyncGenerator<readonly [K, number, V], void> {
    for await (const [key, start, { value }] of this.#store.fetchAll(from, to)) yield [key, start, value]
  }
}

class SessionView<K, V> implements ProcessorSessionStore<K, V> {
  readonly #store: SessionStore<K, V>
  readonly #record: CurrentRecord

  constructor(store: SessionStore<K, V>, record: CurrentRecord) {
    this.#store = store
    this.#record = record
  }

  get name(): string {
    return this.#store.name
  }

  put(key: K, value: V | null, start: number, end: number): void {
    const { timestamp, headers } = this.#record
    if (value === null) this.#store.remove(key, start, end, timestamp, headers)
    else this.#store.put(key, start, end, value, timestamp, headers)
  }

  get(key: K, start: number, end: number): V | undefined {
    return this.#store.get(key, start, end)
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): readonly SessionEntry<V>[] {
    return this.#store.findSessions(key, earliestEnd, latestStart)
  }

  all(): AsyncIterable<readonly [K, SessionEntry<V>]> {
    return this.#store.all()
  }
}
