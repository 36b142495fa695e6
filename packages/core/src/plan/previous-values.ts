import type { GraphNode, TopologyGraph } from './graph/index.ts'

/** Which tables send old values, and which tables have a store only because of that. */
export interface PreviousValues {
  /** Ids of the table nodes that send old values. */
  readonly sends: ReadonlySet<string>
  /** Ids of the tables without a name that must be materialized: sources, `toTable`s, foreign-key joins. */
  readonly materialized: ReadonlySet<string>
}

/**
 * Who sends old values, by the rules of Kafka Streams (KTableImpl.enableSendingOldValues): a node asks for them when it is
 * created, so it matters what exists by then. Asked, an aggregate or a table with a store of its own says yes. A view passes
 * the question on, a join to both its sides with force. A source (or `toTable`, or foreign-key join) without a store gets one
 * when it is forced, and otherwise says yes only if it has one already.
 *
 * `groupBy` and foreign-key joins force; a left join forces its left side, an outer join both. A filter asks without force:
 * with old values it leaves out the deletion of what it never let pass. Joins look into their tables, which needs a store too.
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
      case 'cogroup':
        return true
      case 'table-filter':
      case 'table-map-values':
      case 'table-transform-values':
        return node.store !== undefined || node.parents.every((parent) => ask(parent, force))
      case 'suppress':
        return node.parents.every((parent) => ask(parent, force))
      case 'table-join':
        for (const parent of node.parents) ask(parent, true)
        return true
      case 'source':
      case 'to-table':
      case 'foreign-key-join':
        if (!hasOwnStore(node) && force) materialized.add(node.id)
        return hasOwnStore(node) || materialized.has(node.id)
      default:
        return false
    }
  }

  const lookInto = (id: string): void => {
    const node = nodes.get(id)
    if (node === undefined || hasOwnStore(node)) return
    if (node.kind === 'source' || node.kind === 'to-table' || node.kind === 'foreign-key-join') materialized.add(id)
    else if (isView(node)) node.parents.forEach(lookInto)
  }

  for (const node of graph.nodes) {
    nodes.set(node.id, node)
    const [left = '', right = ''] = node.parents
    if (node.kind === 'stream-table-join') lookInto(right)
    if (node.kind === 'table-join' || node.kind === 'foreign-key-join') {
      lookInto(left)
      lookInto(right)
      if (node.kind === 'foreign-key-join' || node.mode !== 'inner') ask(left, true)
      if (node.kind === 'foreign-key-join' || node.mode === 'outer') ask(right, true)
    }
    // A suppressed table shows, to who looks into it, what was there before it held something back.
    if (node.kind === 'table-aggregate' || node.kind === 'suppress') for (const parent of node.parents) ask(parent, true)
    if (node.kind === 'table-filter' && node.parents.every((parent) => ask(parent, false))) sends.add(node.id)
  }
  return { sends, materialized }
}

/** A store that was asked for. */
function hasOwnStore(node: GraphNode): boolean {
  return 'store' in node && (node.store?.as !== undefined || node.store?.versioned !== undefined)
}

/** Tables that compute what they have from others, unless they have a store. */
function isView({ kind }: GraphNode): boolean {
  return (
    kind === 'table-filter' ||
    kind === 'table-map-values' ||
    kind === 'table-transform-values' ||
    kind === 'table-join' ||
    kind === 'suppress'
  )
}
