import type { TopologyGraph } from './graph/index.ts'

/**
 * The operators whose repartition topics take records with a null key (KIP-962): those from which a join is reachable that
 * passes such records on, a left or outer join of streams or a left join of a stream with a table.
 */
export function nullKeyOperators(graph: TopologyGraph): ReadonlySet<string> {
  const found = new Set<string>()
  // Children come after their parents.
  for (const node of [...graph.nodes].reverse()) {
    const passesOn = (node.kind === 'stream-join' || node.kind === 'stream-table-join') && node.mode !== 'inner'
    if (passesOn) found.add(node.id)
    if (found.has(node.id)) for (const parent of node.parents) found.add(parent)
  }
  return found
}
