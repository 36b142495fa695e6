import type { GraphCogroup, GraphStreamAggregate, StreamGrouping } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { EmitStrategy, WindowPlan } from '../plan/nodes/window-nodes.ts'
import { type Serde, sessionWindowed, windowed } from '../serde/index.ts'
import { type NodeHandle, storeRequest } from './node-handle.ts'
import type { TableStoreOptions, WindowStoreOptions } from './operator-options.ts'
import type { Table } from './table.ts'

/** A grouped stream. */
export interface Grouped {
  readonly handle: NodeHandle
  readonly grouping: StreamGrouping
}

/** A grouped stream by window. */
export interface Windowing extends Grouped {
  readonly window: WindowPlan
  readonly emit: EmitStrategy
}

/** Counts what comes. */
export const COUNT = {
  initial: (): number => 0,
  add: (count: number): number => count + 1,
} as const

/** Adds the aggregate of a grouped stream, by window where there are windows. */
export function addAggregate(
  { handle, grouping, ...windowing }: Grouped | Windowing,
  kind: string,
  options: WindowStoreOptions<Any> & TableStoreOptions<Any>,
  functions: Pick<GraphStreamAggregate, 'initial' | 'add' | 'merge'>,
  defaultValue: Serde<Any>,
): Table<Any, Any> {
  const { graph, fluent, id: parent } = handle
  const value = options.value ?? defaultValue
  const id = graph.add([parent], kind, options.name, {
    kind: 'stream-aggregate',
    grouping,
    ...windowing,
    store: storeRequest(options, grouping.key, value, `${parent}/${kind}`),
    ...functions,
  })
  const window = 'window' in windowing ? windowing.window : undefined
  return fluent.table({ graph, fluent, id, key: windowedKey(grouping.key, window), value })
}

/** A stream that takes part in a cogroup. */
export interface CogroupInput extends Grouped {
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
  return fluent.table({ graph, fluent, id, key: windowedKey(key, functions.window), value })
}

/** How the keys of an aggregate are written. */
function windowedKey(key: Serde<Any>, window: WindowPlan | undefined): Serde<Any> {
  switch (window?.type) {
    case 'time':
      return windowed(key, window.size)
    case 'sliding':
      return windowed(key, window.difference)
    case 'session':
      return sessionWindowed(key)
    case undefined:
      return key
  }
}
