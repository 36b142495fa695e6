import type { TopologyPlan } from '../topology-plan.ts'

/** The names of the stores that each node uses, in creation order. Nodes that use none are left out. */
export function storesOf(plan: TopologyPlan): ReadonlyMap<string, readonly string[]> {
  const stores = new Map<string, string[]>()
  for (const [name, { operators }] of plan.stores) {
    for (const operator of operators) stores.set(operator, [...(stores.get(operator) ?? []), name])
  }
  return stores
}
