import type { TopologyGraph } from './graph/index.ts'
import { sharedRepartition } from './plan-builder.ts'

/**
 * The operators (and shared repartition topics) that take records with a null key (KIP-962): those from which a join is
 * reachable that passes such records on, a left or outer join of streams or a left join of a stream with a table.
 */
export function nullKeyOperators(graph: TopologyGraph): ReadonlySet<string> {
  const found = new Set<string>()
  // Children come after their parents.
  for (const node of [...graph.nodes].reverse()) {
    const isJoin = node.kind === 'stream-join' || node.kind === 'stream-table-join'
    if (isJoin && node.mode !== 'inner') found.add(node.id)
    if (!found.has(node.id)) continue
    for (const parent of node.parents) {
      found.add(parent)
      // Unnamed joins share the repartition topics of their streams.
      if (isJoin && node.as === undefined) found.add(sharedRepartition(parent))
    }
  }
  return found
}
