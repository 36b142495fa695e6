import type { GraphNode } from './graph/index.ts'

/** These mark a stream: the next operator that relies on the partitioning goes through a repartition topic. */
export const CHANGES_KEY: ReadonlySet<GraphNode['kind']> = new Set<GraphNode['kind']>([
  'map',
  'flat-map',
  'select-key',
  'process',
])
