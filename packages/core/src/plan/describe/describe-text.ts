import { childrenOf } from './children-of.ts'
import type { PlanNode } from '../nodes/node.ts'
import { storesOf } from './stores-of.ts'
import type { TopologyPlan } from '../topology-plan.ts'

/**
 * The plan as text, in the shape of Kafka Streams' `Topology.describe()`.
 *
 * @example
 * ```ts
 * import { describeText, planTopology, string, topology } from '@millrace/core'
 *
 * const copy = topology('copy', (t) => t.stream('in', { key: string(), value: string() }).to('out'))
 * console.log(describeText(planTopology(copy)))
 * // Topology: copy
 * //    Sub-topology: in
 * //     Source: in (topics: [in])
 * //       --> in/to
 * //     Sink: in/to (topic: out)
 * //       <-- in
 * ```
 */
export function describeText(plan: TopologyPlan): string {
  const children = childrenOf(plan)
  const stores = storesOf(plan)
  const lines = [`Topology: ${plan.app}`]
  for (const { store, source } of plan.globals) {
    lines.push(`   Global: ${source.id} (topics: [${source.topic}], stores: [${store}])`)
  }
  for (const subtopology of plan.subtopologies) {
    lines.push(`   Sub-topology: ${subtopology.name}`)
    for (const id of subtopology.nodes) {
      const node = plan.nodes.get(id)
      if (node !== undefined) lines.push(...describeNode(node, children.get(id) ?? [], stores.get(id) ?? []))
    }
  }
  return lines.join('\n')
}

function describeNode(node: PlanNode, children: readonly string[], stores: readonly string[]): string[] {
  const lines = [`    ${headOf(node, stores)}`]
  if (!isSink(node) && node.kind !== 'dynamic-sink') lines.push(`      --> ${children.join(', ') || 'none'}`)
  if (node.parents.length > 0) lines.push(`      <-- ${node.parents.join(', ')}`)
  return lines
}

function headOf(node: PlanNode, stores: readonly string[]): string {
  const list = `stores: [${stores.join(', ')}]`
  if (node.kind === 'source') return `Source: ${node.id} (topics: [${node.topic}]${stores.length === 0 ? '' : `, ${list}`})`
  if (node.kind === 'dynamic-sink') return `Sink: ${node.id} (topic: chosen for each record)`
  if (isSink(node)) return `Sink: ${node.id} (topic: ${node.topic})`
  if (node.kind === 'foreign-key-respond') return `Processor: ${node.id} (${list}, topic: ${node.topic})`
  if (node.kind === 'global-join') return `Processor: ${node.id} (stores: [${node.global}])`
  return `Processor: ${node.id} (${list})`
}

type SinkKind = 'sink' | 'repartition' | 'repartition-changes' | 'foreign-key-subscribe'

const SINKS: ReadonlySet<string> = new Set<SinkKind>(['sink', 'repartition', 'repartition-changes', 'foreign-key-subscribe'])

function isSink(node: PlanNode): node is Extract<PlanNode, { kind: SinkKind }> {
  return SINKS.has(node.kind)
}
