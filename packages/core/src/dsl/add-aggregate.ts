import type { GraphCogroup, GraphStreamAggregate, StreamGrouping } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { EmitStrategy, WindowPlan } from '../plan/nodes/window-nodes.ts'
import { type Serde, sessionWindowed, windowed } from '../serde/index.ts'
import { type NodeHandle, storeRequest } from './node-handle.ts'
import type { WindowStoreOptions } from './operator-options.ts'
import type { Table } from './table.ts'

/** A grouped stream by window. */
export interface Windowing {
  readonly handle: NodeHandle
  readonly grouping: StreamGrouping
  readonly windows: WindowPlan
  readonly emit: EmitStrategy
}

/** Adds a windowed aggregate. */
export function addWindowedAggregate(
  { handle, grouping, windows, emit }: Windowing,
  kind: string,
  options: WindowStoreOptions<Any>,
  functions: Pick<GraphStreamAggregate, 'initial' | 'add' | 'merge'>,
  defaultValue: Serde<Any>,
): Table<Any, Any> {
  const { graph, fluent, id: parent } = handle
  const value = options.value ?? defaultValue
  const id = graph.add([parent], kind, options.name, {
    kind: 'stream-aggregate',
    grouping,
    window: windows,
    emit,
    store: storeRequest(options, grouping.key, value, `${parent}/${kind}`),
    ...functions,
  })
  return fluent.table({ graph, fluent, id, key: windowedKey(grouping.key, windows), value })
}

/** A stream that takes part in a cogroup. */
export interface CogroupInput {
  readonly handle: NodeHandle
  readonly grouping: StreamGrouping
  readonly add: GraphCogroup['inputs'][number]['add']
}

/** Adds the aggregate of several grouped streams. */
export function addCogroup(
  inputs: readonly CogroupInput[],
  options: WindowStoreOptions<Any>,
  functions: Pick<GraphCogroup, 'initial' | 'window' | 'merge'>,
  defaultValue: Serde<Any>,
): Table<Any, Any> {
  const [first, ...others] = inputs.map(({ handle }) => handle)
  const grouping = inputs[0]?.grouping
  if (first === undefined || grouping === undefined) throw new RangeError('a cogroup has an input')
  const { graph, fluent, id: parent } = first
  const value = options.value ?? defaultValue
  const { key } = grouping
  const id = graph.add([parent, ...others.map((handle) => handle.id)], 'cogroup', options.name, {
    kind: 'cogroup',
    inputs: inputs.map((input) => ({ grouping: input.grouping, add: input.add })),
    store: storeRequest(options, key, value, `${parent}/cogroup`),
    ...functions,
  })
  const { window } = functions
  return fluent.table({ graph, fluent, id, key: window === undefined ? key : windowedKey(key, window), value })
}

/** How the keys of a table by window are written. */
function windowedKey(key: Serde<Any>, windows: WindowPlan): Serde<Any> {
  switch (windows.type) {
    case 'time':
      return windowed(key, windows.size)
    case 'sliding':
      return windowed(key, windows.difference)
    case 'session':
      return sessionWindowed(key)
  }
}
