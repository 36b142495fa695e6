import { MillraceError } from '../errors.ts'
import type { GraphBuilder, StoreRequest } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { Serde, SerdeFor } from '../serde/serde.ts'
import { parseDuration } from '../duration.ts'
import type { KeySerdeState } from './key-serde.ts'
import type { TableStoreOptions, WindowStoreOptions } from './operator-options.ts'
import type { Stream } from './stream.ts'
import type { Table } from './table.ts'

/** Makes the fluent objects. Streams return tables and tables return streams: with this their files need not import each other. */
export interface FluentObjects {
  stream<K, V, State extends KeySerdeState>(handle: NodeHandle): Stream<K, V, State>
  table<K, V>(handle: NodeHandle): Table<K, V>
}

/** What a stream or table object holds: its node, and how its keys and values are written. */
export interface NodeHandle {
  readonly graph: GraphBuilder
  readonly fluent: FluentObjects
  readonly id: string
  /** undefined: the type of the key changed and nobody said the serde. */
  readonly key: Serde<Any> | undefined
  readonly value: Serde<Any>
}

/** The handles of streams, tables and global tables, for those who join them: no part of what users see. */
const HANDLES = new WeakMap<object, NodeHandle>()

export function keepHandle(of: object, handle: NodeHandle): NodeHandle {
  HANDLES.set(of, handle)
  return handle
}

/** @throws {MillraceError} TOPOLOGY_INVALID for what is no stream or table */
export function handleOf(of: object): NodeHandle {
  const handle = HANDLES.get(of)
  if (handle !== undefined) return handle
  throw new MillraceError('TOPOLOGY_INVALID', 'A stream or table of this topology was expected, but something else was given')
}

/** @throws {MillraceError} TOPOLOGY_INVALID when the two can't meet in one operator */
export function checkSameTopology(operator: string, left: NodeHandle, right: NodeHandle): void {
  if (left.graph === right.graph) return
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `${operator}: "${left.id}" of topology "${left.graph.name}" and "${right.id}" of topology "${right.graph.name}" belong to different topologies. Read the topic in this one too: t.stream(…), t.table(…)`,
  )
}

/**
 * The key serde to write with.
 *
 * @throws {MillraceError} SERDE_MISSING when there is none. Types prevent it, but for keys of merged streams and code without types.
 */
export function keySerdeOf(handle: NodeHandle, operator: string, given?: SerdeFor<Any>): Serde<Any> {
  const serde = given ?? handle.key
  if (serde !== undefined) return serde
  throw new MillraceError(
    'SERDE_MISSING',
    `${handle.id}: ${operator} writes keys, but how is not known since the key changed (or two streams with different key serdes were merged). Give it: ${operator}(…, { key: string() })`,
    { location: { operator: handle.id } },
  )
}

/** The part of a store's options that the plan needs. */
export function storeRequest(
  options: WindowStoreOptions<Any> & TableStoreOptions<Any>,
  key: Serde<Any>,
  value: Serde<Any>,
  operator: string,
): StoreRequest {
  const { as, caching, logging = true, inMemory = false, retention, versioned } = options
  return {
    key,
    value,
    logging,
    inMemory,
    ...(as !== undefined && { as }),
    ...(caching !== undefined && { caching }),
    ...(versioned !== undefined && { versioned: parseDuration(versioned, `${operator}: versioned`) }),
    ...(retention !== undefined && { retention: parseDuration(retention, `${operator}: retention`) }),
  }
}
