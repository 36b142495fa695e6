import type { GraphNode, TopologyGraph } from './graph/index.ts'

/** Which tables send old values, and which tables have a store only because of that. */
export interface PreviousValues {
  /** Ids of the table nodes that send old values. */
  readonly sends: ReadonlySet<string>
  /** Ids of the sources and `toTable`s without a name that must be materialized. */
  readonly materialized: ReadonlySet<string>
}

/**
 * Who sends old values, by the rules of Kafka Streams (KTableImpl.enableSendingOldValues): a node asks for them when it is
 * created, so it matters what exists by then. Asked, an aggregate or a table with a store of its own says yes. A view passes
 * the question on. A source (or `toTable`) without a store gets one when it is forced, and otherwise says yes only if it has
 * one already.
 *
 * `groupBy` forces. A filter asks without force: with old values it leaves out the deletion of what it never let pass.
 */
export function previousValues(graph: TopologyGraph): PreviousValues {
  const nodes = new Map<string, GraphNode>()
  const sends = new Set<string>()
  const materialized = new Set<string>()

  const ask = (id: string, force: boolean): boolean => {
    const node = nodes.get(id)
    const yes = node !== undefined && canSend(node, force)
    if (yes) sends.add(id)
    return yes
  }

  const canSend = (node: GraphNode, force: boolean): boolean => {
    switch (node.kind) {
      case 'stream-aggregate':
      case 'table-aggregate':
        return true
      case 'table-filter':
      case 'table-map-values':
        return node.store !== undefined || node.parents.every((parent) => ask(parent, force))
      case 'source':
      case 'to-table':
        if (node.store?.as === undefined && force) materialized.add(node.id)
        return node.store?.as !== undefined || materialized.has(node.id)
      default:
        return false
    }
  }

  for (const node of graph.nodes) {
    nodes.set(node.id, node)
    if (node.kind === 'table-aggregate') for (const parent of node.parents) ask(parent, true)
    if (node.kind === 'table-filter' && node.parents.every((parent) => ask(parent, false))) sends.add(node.id)
  }
  return { sends, materialized }
}
