import type { TopologyPlan } from '../topology-plan.ts'

/** The ids of each node's children, in creation order. */
export function childrenOf(plan: TopologyPlan): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>([...plan.nodes.keys()].map((id) => [id, []]))
  for (const node of plan.nodes.values()) for (const parent of node.parents) children.get(parent)?.push(node.id)
  return children
}
