import type { PlanNode } from './nodes/node.ts'
import type { StorePlan, Subtopology } from './topology-plan.ts'

/** Cuts the plan where records go through topics: what hangs together by parents or by stores runs as one task. */
export function subtopologiesOf(
  app: string,
  nodes: ReadonlyMap<string, PlanNode>,
  stores: ReadonlyMap<string, StorePlan>,
): readonly Subtopology[] {
  const groups = new Groups(nodes.keys())
  for (const node of nodes.values()) for (const parent of node.parents) groups.join(parent, node.id)
  for (const store of stores.values())
    for (const operator of store.operators) groups.join(store.operators[0] ?? operator, operator)
  return withIdleTimes(
    groups.all().map((ids) => describeGroup(app, ids, nodes, stores)),
    nodes,
  )
}

function describeGroup(
  app: string,
  ids: readonly string[],
  nodes: ReadonlyMap<string, PlanNode>,
  stores: ReadonlyMap<string, StorePlan>,
): Subtopology {
  const members = ids.flatMap((id) => nodes.get(id) ?? [])
  const sourceTopics = members.flatMap((node) => (node.kind === 'source' ? [node.topic] : []))
  const sinkTopics = new Set(members.flatMap((node) => ('topic' in node && node.kind !== 'source' ? [node.topic] : [])))
  const first = sourceTopics[0] ?? ''
  return {
    name: first.startsWith(`${app}-`) ? first.slice(app.length + 1) : first,
    nodes: ids,
    sourceTopics,
    sinkTopics: [...sinkTopics],
    stores: [...stores].flatMap(([name, store]) => (store.operators.some((id) => ids.includes(id)) ? [name] : [])),
    copartitioned: members.flatMap((node) => copartitionedBy(node, nodes)),
  }
}

/**
 * What a source says of its silence goes for all that its records go through: a task whose input is another's output is silent
 * when that one is.
 */
function withIdleTimes(groups: readonly Subtopology[], nodes: ReadonlyMap<string, PlanNode>): readonly Subtopology[] {
  const idle = new Map(groups.map((group) => [group, ownIdleTime(group, nodes)]))
  for (let changed = true; changed; ) {
    changed = false
    for (const group of groups) {
      const upstream = groups.filter(({ sinkTopics }) => sinkTopics.some((topic) => group.sourceTopics.includes(topic)))
      const longest = Math.max(idle.get(group) ?? 0, ...upstream.map((each) => idle.get(each) ?? 0))
      if (longest === idle.get(group)) continue
      idle.set(group, longest)
      changed = true
    }
  }
  return groups.map((group) => {
    const idleAfter = idle.get(group) ?? 0
    return idleAfter === 0 ? group : { ...group, idleAfter }
  })
}

/** The longest of its sources; 0: none says. */
function ownIdleTime({ nodes: ids }: Subtopology, nodes: ReadonlyMap<string, PlanNode>): number {
  return ids.reduce((longest, id) => {
    const node = nodes.get(id)
    return node?.kind === 'source' ? Math.max(longest, node.idleAfter ?? 0) : longest
  }, 0)
}

/** An operator that keeps state by key, or looks into another's, relies on all records of a key being in one partition, whichever topic they come from. */
function copartitionedBy(node: PlanNode, nodes: ReadonlyMap<string, PlanNode>): Subtopology['copartitioned'] {
  switch (node.kind) {
    case 'stream-aggregate':
    case 'windowed-aggregate':
    case 'sliding-aggregate':
    case 'session-aggregate':
    case 'cogroup':
    case 'to-table':
    case 'stream-join':
    case 'stream-table-join':
    case 'table-join':
    case 'foreign-key-respond':
    case 'foreign-key-resolve': {
      const topics = [...upstreamTopics(node, nodes)]
      return topics.length > 1 ? [{ topics, operator: node.id }] : []
    }
    default:
      return []
  }
}

function upstreamTopics(node: PlanNode, nodes: ReadonlyMap<string, PlanNode>): ReadonlySet<string> {
  const topics = new Set<string>()
  const seen = new Set([node])
  for (const each of seen) {
    if (each.kind === 'source') topics.add(each.topic)
    for (const id of each.parents) {
      const parent = nodes.get(id)
      if (parent !== undefined) seen.add(parent)
    }
  }
  return topics
}

/** Disjoint sets of ids, in order of first appearance. */
class Groups {
  readonly #parents: Map<string, string>

  constructor(ids: Iterable<string>) {
    this.#parents = new Map([...ids].map((id) => [id, id]))
  }

  join(a: string, b: string): void {
    this.#parents.set(this.#root(b), this.#root(a))
  }

  all(): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>()
    for (const id of this.#parents.keys()) {
      const root = this.#root(id)
      const members = groups.get(root)
      if (members === undefined) groups.set(root, [id])
      else members.push(id)
    }
    return [...groups.values()]
  }

  #root(id: string): string {
    let root = id
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root; parent = this.#parents.get(root))
      root = parent
    return root
  }
}
