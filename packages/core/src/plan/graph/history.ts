import type { GraphNode } from './graph-node.ts'

/** How long a table's versions are kept, ms; null when it has only the latest of each row. A view has what its table has. */
export function historyOf(graph: { get(id: string): GraphNode | undefined }, id: string): number | null {
  const node = graph.get(id)
  if (node === undefined) return null
  const store = 'store' in node ? node.store : undefined
  if (typeof store === 'object') return store.versioned ?? null
  if (node.kind !== 'table-filter' && node.kind !== 'table-map-values') return null
  const [parent] = node.parents
  return parent === undefined ? null : historyOf(graph, parent)
}
