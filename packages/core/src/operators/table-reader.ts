import type {
  KeyValueStore,
  SessionStore,
  TimestampedStore,
  ValueAndTimestamp,
  VersionedStore,
  WindowStore,
} from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { TableJoinNode } from '../plan/nodes/join-nodes.ts'
import type { TableFilterNode, TableMapValuesNode, TableTransformValuesNode } from '../plan/nodes/node.ts'
import type { Windowed } from '../serde/index.ts'
import type { Suppressed, SuppressClock } from '../serde/suppressed.ts'
import type { OperatorScope } from './operator-scope.ts'
import { UserCodeContext } from './user-code-context.ts'

/** How a join looks into a table. Synchronous. */
export interface TableReader<K, V> {
  /** @param asOf - of a versioned table the version of that time, ms; absent: the latest. Other tables have only the latest. */
  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined
}

/**
 * Which content of a cached table a join sees. `flushed`: what the table has passed on, so that a change of one side is
 * joined with exactly those changes of the other that went before it, and each pair of changes meets once.
 */
export type ReadAs = 'current' | 'flushed'

/**
 * The content of a table: of its store, or computed from what it is a view of. Null results are absent.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the node is no table
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the types of the nodes' keys and values end where the plan begins
export function tableReader(id: string, scope: OperatorScope, as: ReadAs = 'current'): TableReader<any, any> {
  const node = scope.plan.nodes.get(id)
  const store = node !== undefined && 'store' in node ? node.store : undefined
  if (store !== undefined) return storeReader(store, scope, as)
  switch (node?.kind) {
    case 'table-filter':
      return new FilterReader(node, scope, parentReader(node, 0, scope, as))
    case 'table-map-values':
      return new MapValuesReader(node, scope, parentReader(node, 0, scope, as))
    case 'table-transform-values':
      return new TransformValuesReader(node, scope, parentReader(node, 0, scope, as))
    case 'suppress':
      return new SuppressReader(scope.task.state.keyValue(node.buffer), parentReader(node, 0, scope, as))
    case 'table-join':
      return new JoinReader(node, scope, parentReader(node, 0, scope, as), parentReader(node, 1, scope, as))
    default:
      throw new MillraceError('TOPOLOGY_INVALID', `"${id}" (${node?.kind ?? 'unknown'}) is no table that a join can look into`)
  }
}

function storeReader(name: string, { plan, task }: OperatorScope, as: ReadAs): TableReader<unknown, unknown> {
  const { state } = task
  switch (plan.stores.get(name)?.definition.kind) {
    case 'window':
      return new WindowReader(state.window(name), as)
    case 'session':
      return new SessionReader(state.session(name), as)
    case 'versioned':
      return new VersionedReader(state.versioned(name))
    default:
      return new StoreReader(state.timestamped(name), as)
  }
}

function parentReader(
  node: { readonly id: string; readonly parents: readonly string[] },
  index: number,
  scope: OperatorScope,
  as: ReadAs,
): ReturnType<typeof tableReader> {
  const parent = node.parents[index]
  if (parent === undefined) throw new MillraceError('TOPOLOGY_INVALID', `"${node.id}" has no input ${index}`)
  return tableReader(parent, scope, as)
}

class StoreReader<K, V> implements TableReader<K, V> {
  readonly #store: TimestampedStore<K, V>
  readonly #as: ReadAs

  constructor(store: TimestampedStore<K, V>, as: ReadAs) {
    this.#store = store
    this.#as = as
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    return this.#as === 'flushed' ? this.#store.getFlushed(key) : this.#store.get(key)
  }
}

class WindowReader<K, V> implements TableReader<Windowed<K>, V> {
  readonly #store: WindowStore<K, V>
  readonly #as: ReadAs

  constructor(store: WindowStore<K, V>, as: ReadAs) {
    this.#store = store
    this.#as = as
  }

  get({ key, window }: Windowed<K>): ValueAndTimestamp<V> | undefined {
    return this.#as === 'flushed' ? this.#store.getFlushed(key, window.start) : this.#store.get(key, window.start)
  }
}

class SessionReader<K, V> implements TableReader<Windowed<K>, V> {
  readonly #store: SessionStore<K, V>
  readonly #as: ReadAs

  constructor(store: SessionStore<K, V>, as: ReadAs) {
    this.#store = store
    this.#as = as
  }

  get({ key, window }: Windowed<K>): ValueAndTimestamp<V> | undefined {
    const { start, end } = window
    const value = this.#as === 'flushed' ? this.#store.getFlushed(key, start, end) : this.#store.get(key, start, end)
    return value === undefined ? undefined : { value, timestamp: window.end }
  }
}

class VersionedReader<K, V> implements TableReader<K, V> {
  readonly #store: VersionedStore<K, V>

  constructor(store: VersionedStore<K, V>) {
    this.#store = store
  }

  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined {
    return asOf === undefined ? this.#store.get(key) : this.#store.getAsOf(key, asOf)
  }
}

/** What is held back is not there yet: in its place is what was there before. That has lost its time, as in Kafka Streams. */
class SuppressReader<K, V> implements TableReader<K, V> {
  readonly #buffer: KeyValueStore<K, Suppressed<V> | SuppressClock>
  readonly #parent: TableReader<K, V>

  constructor(buffer: KeyValueStore<K, Suppressed<V> | SuppressClock>, parent: TableReader<K, V>) {
    this.#buffer = buffer
    this.#parent = parent
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    const held = this.#buffer.get(key)
    if (held === undefined || 'eventTime' in held) return this.#parent.get(key)
    return held.prior === null ? undefined : { value: held.prior, timestamp: -1 }
  }
}

class TransformValuesReader<K, V, W> implements TableReader<K, W> {
  readonly #node: TableTransformValuesNode
  readonly #scope: OperatorScope
  readonly #transform: (value: V | null, key: K) => W | null | undefined
  readonly #parent: TableReader<K, V>

  constructor(node: TableTransformValuesNode, scope: OperatorScope, parent: TableReader<K, V>) {
    this.#node = node
    this.#scope = scope
    this.#parent = parent
    this.#transform = node.supplier(new UserCodeContext(node.id, node.stores, scope))
  }

  get(key: K, asOf?: number): ValueAndTimestamp<W> | undefined {
    const found = this.#parent.get(key, asOf)
    this.#scope.record.operator = this.#node.id
    const value = this.#transform(found?.value ?? null, key)
    return value === null || value === undefined ? undefined : { value, timestamp: found?.timestamp ?? -1 }
  }
}

class FilterReader<K, V> implements TableReader<K, V> {
  readonly #node: TableFilterNode
  readonly #scope: OperatorScope
  readonly #parent: TableReader<K, V>

  constructor(node: TableFilterNode, scope: OperatorScope, parent: TableReader<K, V>) {
    this.#node = node
    this.#scope = scope
    this.#parent = parent
  }

  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined {
    const found = this.#parent.get(key, asOf)
    if (found === undefined) return undefined
    this.#scope.record.operator = this.#node.id
    return !this.#node.predicate(found.value, key) === this.#node.negate ? found : undefined
  }
}

class MapValuesReader<K, V, W> implements TableReader<K, W> {
  readonly #node: TableMapValuesNode
  readonly #scope: OperatorScope
  readonly #parent: TableReader<K, V>

  constructor(node: TableMapValuesNode, scope: OperatorScope, parent: TableReader<K, V>) {
    this.#node = node
    this.#scope = scope
    this.#parent = parent
  }

  get(key: K, asOf?: number): ValueAndTimestamp<W> | undefined {
    const found = this.#parent.get(key, asOf)
    if (found === undefined) return undefined
    this.#scope.record.operator = this.#node.id
    const value: W | null | undefined = this.#node.mapper(found.value, key)
    return value === null || value === undefined ? undefined : { value, timestamp: found.timestamp }
  }
}

class JoinReader<K, L, R, V> implements TableReader<K, V> {
  readonly #node: TableJoinNode
  readonly #scope: OperatorScope
  readonly #left: TableReader<K, L>
  readonly #right: TableReader<K, R>

  constructor(node: TableJoinNode, scope: OperatorScope, left: TableReader<K, L>, right: TableReader<K, R>) {
    this.#node = node
    this.#scope = scope
    this.#left = left
    this.#right = right
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    const { mode } = this.#node
    const left = this.#left.get(key)
    if (left === undefined && mode !== 'outer') return undefined
    const right = this.#right.get(key)
    if (right === undefined && (mode === 'inner' || left === undefined)) return undefined
    this.#scope.record.operator = this.#node.id
    const value: V | null | undefined = this.#node.joiner(left?.value ?? null, right?.value ?? null, key)
    if (value === null || value === undefined) return undefined
    return { value, timestamp: Math.max(left?.timestamp ?? -1, right?.timestamp ?? -1) }
  }
}
