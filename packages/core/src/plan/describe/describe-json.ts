import type { Any, PlanNode } from '../nodes/node.ts'
import type { WindowPlan } from '../nodes/window-nodes.ts'
import type { StorePlan, Subtopology, TopicPlan, TopologyPlan } from '../topology-plan.ts'
import type { Serde } from '../../serde/serde.ts'
import { storesOf } from './stores-of.ts'

/** A node without its functions. Fields that its kind does not have are absent. */
export interface DescribedNode {
  readonly id: string
  readonly kind: PlanNode['kind']
  readonly parents: readonly string[]
  readonly topic?: string
  /** Names of the serdes. */
  readonly key?: string
  readonly value?: string
  /** Names of the stores that it uses; absent: none. */
  readonly stores?: readonly string[]
  /** Length, distance and grace of the windows, ms. */
  readonly window?: WindowDescription
  /** How far apart records may be that are joined, and grace, ms. */
  readonly within?: { readonly before: number; readonly after: number; readonly grace: number }
}

/** Unlimited windows have a start only. */
type WindowDescription =
  | { readonly size: number; readonly advance: number; readonly grace: number }
  | { readonly difference: number; readonly grace: number }
  | { readonly gap: number; readonly grace: number }
  | { readonly start: number }

export interface DescribedStore {
  readonly kind: StorePlan['definition']['kind']
  readonly key: string
  readonly value: string
  readonly caching: boolean
  readonly changelog?: string
  /** The topic that serves as the changelog: the table's own (optimised). */
  readonly sourceTopic?: string
  readonly size?: number
  readonly retention?: number
  readonly historyRetention?: number
}

/** A plan as plain JSON: stable, so that two of them can be compared. */
export interface DescribedPlan {
  readonly app: string
  readonly subtopologies: readonly (Omit<Subtopology, 'nodes'> & { readonly nodes: readonly DescribedNode[] })[]
  readonly topics: Readonly<Record<string, Omit<TopicPlan, 'topic'>>>
  readonly stores: Readonly<Record<string, DescribedStore>>
  /** Global tables: store and topic. */
  readonly globals: readonly { readonly store: string; readonly topic: string }[]
  /** Partitions of the topics, where the description was made of an app and not of a plan alone. */
  readonly partitions?: Readonly<Record<string, number>>
  readonly feeds: readonly { readonly connector: string; readonly name: string; readonly topic: string }[]
  readonly views: readonly { readonly connector: string; readonly name: string; readonly topic: string }[]
}

/**
 * The plan as plain data for `JSON.stringify`: names and wiring, no functions.
 *
 * @param partitions of the topics, if they are known: `planDiff` then compares them too
 *
 * @example
 * ```ts
 * import { describeJson, planTopology, string, topology } from '@millrace/core'
 *
 * const copy = topology('copy', (t) => t.stream('in', { key: string(), value: string() }).to('out'))
 * console.log(JSON.stringify(describeJson(planTopology(copy)), null, 2))
 * ```
 */
export function describeJson(plan: TopologyPlan, partitions?: ReadonlyMap<string, number>): DescribedPlan {
  const edge = ({ connector, name, topic }: TopologyPlan['feeds'][number] | TopologyPlan['views'][number]) => ({
    connector: connector.name,
    name,
    topic,
  })
  const stores = storesOf(plan)
  return {
    app: plan.app,
    subtopologies: plan.subtopologies.map((subtopology) => ({
      ...subtopology,
      nodes: subtopology.nodes.flatMap((id) => describeNode(plan.nodes.get(id), stores.get(id))),
    })),
    topics: Object.fromEntries([...plan.topics].map(([name, topic]) => [name, describeTopic(topic)])),
    stores: Object.fromEntries([...plan.stores].map(([name, store]) => [name, describeStore(store)])),
    globals: plan.globals.map(({ store, source }) => ({ store, topic: source.topic })),
    ...(partitions !== undefined && { partitions: Object.fromEntries(partitions) }),
    feeds: plan.feeds.map(edge),
    views: plan.views.map(edge),
  }
}

function describeNode(node: PlanNode | undefined, stores: readonly string[] | undefined): DescribedNode[] {
  if (node === undefined) return []
  const { id, kind, parents } = node
  return [
    {
      id,
      kind,
      parents,
      ...('topic' in node && { topic: node.topic, key: node.key.name, value: node.value.name }),
      ...(stores !== undefined && { stores }),
      ...('within' in node && { within: node.within }),
      ...('window' in node && {
        window: describeWindow(node.window),
      }),
    },
  ]
}

function describeWindow(window: WindowPlan): WindowDescription {
  const { grace } = window
  if (window.type === 'sliding') return { difference: window.difference, grace }
  if (window.type === 'session') return { gap: window.gap, grace }
  const { size, advance, start } = window
  return start === undefined ? { size, advance, grace } : { start }
}

function describeTopic({ role, cleanup, partitions, retentionMs }: TopicPlan): Omit<TopicPlan, 'topic'> {
  return { role, cleanup, ...(partitions !== undefined && { partitions }), ...(retentionMs !== undefined && { retentionMs }) }
}

function describeStore({ definition, changelogTopic, sourceTopic }: StorePlan): DescribedStore {
  return {
    kind: definition.kind,
    key: serdeName(definition.key),
    value: serdeName(definition.value),
    caching: definition.caching,
    ...(changelogTopic !== undefined && { changelog: changelogTopic }),
    ...(sourceTopic !== undefined && { sourceTopic }),
    // What is unlimited is left out: JSON has no Infinity.
    ...(definition.kind === 'window' && Number.isFinite(definition.size) && { size: definition.size }),
    ...('retention' in definition && Number.isFinite(definition.retention) && { retention: definition.retention }),
    ...(definition.kind === 'versioned' && { historyRetention: definition.historyRetention }),
  }
}

/** The plan's stores are made with serdes, though the store package asks for codecs only. */
function serdeName(codec: Partial<Serde<Any>>): string {
  return codec.name ?? 'unnamed'
}
