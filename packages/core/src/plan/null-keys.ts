import type { GraphNode, TopologyGraph } from './graph/index.ts'
import { sharedRepartition } from './plan-builder.ts'

/**
 * The operators (and shared repartition topics) that take records with a null key (KIP-962): those from which a join is
 * reachable that passes such records on, a left or outer join of streams or a left join of a stream with a table or a global
 * table.
 */
export function nullKeyOperators(graph: TopologyGraph): ReadonlySet<string> {
  const found = new Set<string>()
  // Children come after their parents.
  for (const node of [...graph.nodes].reverse()) {
    if (joinsNullKeys(node)) found.add(node.id)
    if (!found.has(node.id)) continue
    for (const parent of recordsOf(node)) {
      found.add(parent)
      // Unnamed joins share the repartition topics of their streams.
      if ((node.kind === 'stream-join' || node.kind === 'stream-table-join') && node.as === undefined) {
        found.add(sharedRepartition(parent))
      }
    }
  }
  return found
}

function joinsNullKeys(node: GraphNode): boolean {
  const { kind } = node
  return (kind === 'stream-join' || kind === 'stream-table-join' || kind === 'global-join') && node.mode !== 'inner'
}

/** The parents whose records go through the node; a stream only looks into the table that it is joined with. */
function recordsOf({ kind, parents }: GraphNode): readonly string[] {
  return kind === 'stream-table-join' ? parents.slice(0, 1) : parents
}
