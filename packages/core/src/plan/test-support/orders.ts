import { type Stream, type TopologyBuilder, topology } from '../../dsl/index.ts'
import { json, type Serde, string } from '../../serde/index.ts'
import { planTopology } from '../plan-topology.ts'
import type { TopicRole, TopologyPlan } from '../topology-plan.ts'

export interface Order {
  readonly status: string
  readonly customer: number
}

export const order: { readonly key: Serde<string>; readonly value: Serde<Order> } = { key: string(), value: json<Order>() }

export function orders(t: TopologyBuilder): Stream<string, Order> {
  return t.stream('orders', order)
}

/** The plan of a topology of application `app`. */
export function plan(build: (t: TopologyBuilder) => void): TopologyPlan {
  return planTopology(topology('app', build))
}

export function topicsOf({ topics }: TopologyPlan, ...roles: readonly TopicRole[]): string[] {
  return [...topics.values()].flatMap(({ topic, role }) => (roles.includes(role) ? [topic] : []))
}
