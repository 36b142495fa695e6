import type { PlanNode } from '../nodes/node.ts'
import type { TopologyPlan } from '../topology-plan.ts'
import { storesOf } from './stores-of.ts'

/**
 * The plan as a Mermaid flowchart: topics, operators by sub-topology, stores. GitHub and most documentation tools draw it.
 *
 * @example
 * ```ts
 * import { describeMermaid, planTopology, string, topology } from '@millrace/core'
 *
 * const copy = topology('copy', (t) => t.stream('in', { key: string(), value: string() }).to('out'))
 * console.log(describeMermaid(planTopology(copy)))
 * ```
 */
export function describeMermaid(plan: TopologyPlan): string {
  const names = new Names()
  const stores = storesOf(plan)
  const lines = ['flowchart LR']
  for (const { topic, role } of plan.topics.values()) {
    if (role !== 'changelog') lines.push(`  ${names.of('topic', topic)}[/${quoted(topic)}/]`)
  }
  for (const subtopology of plan.subtopologies) {
    const members = subtopology.nodes.flatMap((id) => plan.nodes.get(id) ?? [])
    lines.push(`  subgraph ${names.of('subtopology', subtopology.name)}[${quoted(subtopology.name)}]`)
    for (const node of members) if (isBox(node, stores)) lines.push(`    ${names.of('node', node.id)}[${quoted(labelOf(node))}]`)
    for (const store of subtopology.stores) lines.push(`    ${names.of('store', store)}[(${quoted(store)})]`)
    lines.push('  end')
  }
  for (const { store, source } of plan.globals) {
    lines.push(
      `  ${names.of('store', store)}[(${quoted(store)})]`,
      `  ${names.of('topic', source.topic)} --> ${names.of('store', store)}`,
    )
  }
  for (const node of plan.nodes.values()) lines.push(...edgesOf(node, plan, stores, names))
  return lines.join('\n')
}

type Stores = ReturnType<typeof storesOf>

/** Sources and sinks are drawn as the topics that they read and write, unless they keep a store. */
function isBox(node: PlanNode, stores: Stores): boolean {
  return !('topic' in node) || stores.has(node.id)
}

function labelOf(node: PlanNode): string {
  const last = node.id.split('/').at(-1) ?? node.id
  return last.startsWith(node.kind) ? last : `${last}: ${node.kind}`
}

function edgesOf(node: PlanNode, plan: TopologyPlan, stores: Stores, names: Names): string[] {
  const edges = node.parents.map((id) => {
    const parent = plan.nodes.get(id)
    return `  ${parent === undefined ? id : outOf(parent, stores, names)} --> ${into(node, stores, names)}`
  })
  if ('topic' in node && isBox(node, stores)) {
    const ends = [names.of('topic', node.topic), names.of('node', node.id)]
    edges.push(`  ${(node.kind === 'source' ? ends : ends.reverse()).join(' --> ')}`)
  }
  if (node.kind === 'global-join') edges.push(`  ${names.of('node', node.id)} --- ${names.of('store', node.global)}`)
  for (const store of stores.get(node.id) ?? []) {
    edges.push(`  ${names.of('node', node.id)} --- ${names.of('store', store)}`)
  }
  return edges
}

function into(node: PlanNode, stores: Stores, names: Names): string {
  return 'topic' in node && !isBox(node, stores) ? names.of('topic', node.topic) : names.of('node', node.id)
}

function outOf(node: PlanNode, stores: Stores, names: Names): string {
  return node.kind === 'source' && !isBox(node, stores) ? names.of('topic', node.topic) : names.of('node', node.id)
}

/** Mermaid's ids take few characters: numbered ones, with the names as labels. */
class Names {
  readonly #ids = new Map<string, string>()

  of(kind: 'topic' | 'node' | 'store' | 'subtopology', name: string): string {
    const key = `${kind} ${name}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = `${kind}${this.#ids.size}`
    this.#ids.set(key, id)
    return id
  }
}

function quoted(label: string): string {
  return `"${label.replaceAll('"', '#quot;')}"`
}
