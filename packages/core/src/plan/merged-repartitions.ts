import type { GraphNode, StreamSerdes, TopologyGraph } from './graph/index.ts'
import { CHANGES_KEY } from './key-changes.ts'
import { nameFromPath } from './names.ts'

/** One repartition topic right behind a key change, in the place of those that the operators further down would have. */
export interface MergedRepartition {
  /** Of the topic: that of the first operator which needs it. */
  readonly name: string
  readonly serdes: StreamSerdes
  /** The children of the key change that read the topic; the others stay where they are. */
  readonly readers: ReadonlySet<string>
}

/**
 * Which repartition topics can be one, by the node behind which it stands, after Kafka Streams
 * (InternalStreamsBuilder.mergeRepartitionTopics): when all that lies between a key change and the operators that need the
 * new partitioning keeps values as they are, the stream is repartitioned once, where its key changed. What was merged of
 * several streams with new keys is repartitioned behind the merge.
 */
export function mergedRepartitions(graph: TopologyGraph): ReadonlyMap<string, MergedRepartition> {
  const finder = new Finder(graph)
  const uses = new Map<string, Use[]>()
  for (const node of graph.nodes) {
    if (MERGES.has(node.kind)) uses.set(node.id, [])
    for (const use of usesOf(node)) {
      const changer = finder.keyChangerOf(use)
      if (changer !== undefined) uses.get(changer)?.push(use)
    }
  }
  moveBehindMerges(graph, finder, uses)
  const merged = new Map<string, MergedRepartition>()
  for (const [id, needed] of uses) {
    const [first] = needed
    if (first === undefined) continue
    const readers = needed.flatMap((use) => finder.childOn(id, use) ?? [])
    merged.set(id, { name: first.name, serdes: first.serdes, readers: new Set(readers) })
  }
  return merged
}

/** An operator that needs a stream by key, and how it would write the topic. */
interface Use {
  readonly node: string
  readonly stream: string
  readonly name: string
  readonly serdes: StreamSerdes
}

/** Not behind a processor, as in Kafka Streams: it may go on with a record while the first ones have it already. */
const MERGES: ReadonlySet<GraphNode['kind']> = new Set([...CHANGES_KEY].filter((kind) => kind !== 'process'))

const CHANGES_VALUES: ReadonlySet<GraphNode['kind']> = new Set([
  'map-values',
  'flat-map-values',
  'process-values',
  'map-async',
  'global-join',
  'stream-table-join',
  'stream-join',
  'to-stream',
])

function usesOf(node: GraphNode): readonly Use[] {
  const { id, parents } = node
  const [stream = '', other = ''] = parents
  const use = (from: string, name: string, serdes: StreamSerdes): Use => ({ node: id, stream: from, name, serdes })
  switch (node.kind) {
    case 'stream-aggregate':
      return [use(stream, node.grouping.name ?? node.store.as ?? nameFromPath(id), node.grouping)]
    case 'cogroup':
      return node.inputs.map(({ grouping }, index) => {
        const name = grouping.name ?? `${node.store.as ?? nameFromPath(id)}-input-${index + 1}`
        return use(parents[index] ?? '', name, grouping)
      })
    case 'to-table':
      return [use(stream, node.store.as ?? node.name ?? nameFromPath(id), { key: node.store.key, value: node.value })]
    case 'stream-join': {
      const names = node.as === undefined ? [stream, other].map(nameFromPath) : [`${node.as}-left`, `${node.as}-right`]
      return [use(stream, names[0] ?? '', node.left), use(other, names[1] ?? '', node.right)]
    }
    case 'stream-table-join':
      return [use(stream, node.as ?? nameFromPath(stream), node.stream)]
    default:
      return []
  }
}

function moveBehindMerges(graph: TopologyGraph, finder: Finder, uses: Map<string, Use[]>): void {
  for (const merge of graph.nodes) {
    if (merge.kind !== 'merge') continue
    const above = [...uses].filter(
      ([changer, needed]) =>
        needed.length > 0 &&
        finder.isBelow(merge.id, changer) &&
        needed.every((use) => use.stream === merge.id || finder.isBelow(use.stream, merge.id)),
    )
    if (above.length === 0) continue
    for (const [changer] of above) uses.delete(changer)
    uses.set(
      merge.id,
      above.flatMap(([, needed]) => needed),
    )
  }
}

/** Ways through the graph, from children to parents. */
class Finder {
  readonly #nodes: ReadonlyMap<string, GraphNode>

  constructor(graph: TopologyGraph) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  }

  /** The key change that a use is due to, if no value changes in between. */
  keyChangerOf({ stream }: Use): string | undefined {
    const first = this.#nearest(stream, ({ kind }) => CHANGES_KEY.has(kind) || CHANGES_VALUES.has(kind))
    return first !== undefined && CHANGES_KEY.has(first.kind) ? first.id : undefined
  }

  isBelow(id: string, ancestor: string): boolean {
    return id !== ancestor && this.#nearest(id, (node) => node.id === ancestor) !== undefined
  }

  /** The child of `ancestor` on the way to a use: perhaps the operator itself. */
  childOn(ancestor: string, { node, stream }: Use): string | undefined {
    if (stream === ancestor) return node
    return this.#nearest(stream, ({ parents }) => parents.includes(ancestor))?.id
  }

  /** A stream that was repartitioned already, or that a table became, needs no more of it. */
  #nearest(id: string, wanted: (node: GraphNode) => boolean): GraphNode | undefined {
    const node = this.#nodes.get(id)
    if (node === undefined || node.kind === 'repartition') return undefined
    if (wanted(node)) return node
    for (const parent of node.parents) {
      const found = this.#nearest(parent, wanted)
      if (found !== undefined) return found
    }
    return undefined
  }
}
