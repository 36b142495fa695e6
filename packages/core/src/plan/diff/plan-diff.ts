import type { DescribedPlan, DescribedStore } from '../describe/describe-json.ts'

/** A store that is called something else now. Its state stays behind: the new one begins empty. */
export interface RenamedStore {
  readonly from: string
  readonly to: string
}

/** A store that cannot go on with the state that is there. */
export interface IncompatibleStore {
  readonly store: string
  /** What differs, in words. */
  readonly problems: readonly string[]
}

/** What becomes of the state of a deployed topology when another version of it starts. */
export interface PlanDiff {
  /** Application ids that differ share nothing: no topics, no state, no offsets. */
  readonly app: { readonly deployed: string; readonly planned: string } | null
  /** Stores that go on as they are. */
  readonly kept: readonly string[]
  readonly renamed: readonly RenamedStore[]
  /** Stores whose state nobody uses any more. */
  readonly orphaned: readonly string[]
  /** Stores that are new, and begin empty. */
  readonly added: readonly string[]
  readonly incompatible: readonly IncompatibleStore[]
  /** Internal topics that nobody uses any more; what is in a repartition topic and not processed yet is lost with it. */
  readonly orphanedTopics: readonly string[]
  /** Internal topics that will be created. */
  readonly addedTopics: readonly string[]
}

/**
 * Compares a deployed topology with one that is to take its place. Pure: nothing is read or changed.
 *
 * @param deployed what `describeJson` said of the deployed one (with partition counts, if they are to be compared too)
 *
 * @example
 * ```ts
 * import { describeDiff, describeJson, json, planDiff, planTopology, string, topology } from '@millrace/core'
 *
 * const version = (as: string) =>
 *   topology('shop', (t) => t.stream('orders', { key: string(), value: json() }).groupByKey().count({ as }))
 * const before = describeJson(planTopology(version('orders')))
 * const after = describeJson(planTopology(version('order-counts')))
 * console.log(describeDiff(planDiff(before, after)))
 * // renamed       orders -> order-counts: its state stays under the old name, the new one begins empty
 * ```
 */
export function planDiff(deployed: DescribedPlan, planned: DescribedPlan): PlanDiff {
  const before = deployed.app === planned.app ? deployed.stores : {}
  const after = planned.stores
  const gone = Object.keys(before).filter((store) => !(store in after))
  const fresh = Object.keys(after).filter((store) => !(store in before))
  const renamed = renames(deployed, planned, gone, fresh)
  const both = Object.keys(after).filter((store) => store in before)
  const compared = both.map((store) => ({ store, problems: problemsOf(store, deployed, planned) }))
  const [topicsBefore, topicsAfter] = [internalTopics(deployed), internalTopics(planned)]
  return {
    app: deployed.app === planned.app ? null : { deployed: deployed.app, planned: planned.app },
    kept: compared.filter(({ problems }) => problems.length === 0).map(({ store }) => store),
    renamed,
    orphaned: gone.filter((store) => !renamed.some(({ from }) => from === store)),
    added: fresh.filter((store) => !renamed.some(({ to }) => to === store)),
    incompatible: compared.filter(({ problems }) => problems.length > 0),
    orphanedTopics: topicsBefore.filter((topic) => !topicsAfter.includes(topic)),
    addedTopics: topicsAfter.filter((topic) => !topicsBefore.includes(topic)),
  }
}

/** What state on disk, and in a changelog, depends on. */
const ASPECTS = { kind: 'kind', key: 'key serde', value: 'value serde', size: 'window size' } as const

function problemsOf(store: string, deployed: DescribedPlan, planned: DescribedPlan): readonly string[] {
  const [before, after] = [deployed.stores[store], planned.stores[store]]
  if (before === undefined || after === undefined) return []
  const problems = Object.entries(ASPECTS).flatMap(([aspect, words]) => {
    const [was, is] = [before[aspect as keyof typeof ASPECTS], after[aspect as keyof typeof ASPECTS]]
    return was === is ? [] : [`${words} ${was ?? 'none'}, now ${is ?? 'none'}`]
  })
  const [tasks, tasksNow] = [tasksOf(store, deployed), tasksOf(store, planned)]
  if (tasks !== null && tasksNow !== null && tasks !== tasksNow) problems.push(`${tasks} partitions, now ${tasksNow}`)
  return problems
}

/** In how many parts the store's keys are divided; null: the description does not say. */
function tasksOf(store: string, { subtopologies, partitions }: DescribedPlan): number | null {
  const owner = subtopologies.find(({ stores }) => stores.includes(store))
  if (owner === undefined || partitions === undefined) return null
  return Math.max(0, ...owner.sourceTopics.map((topic) => partitions[topic] ?? 0))
}

/** A store that went and one that came are one under another name when they belong to one operator, or alone are alike. */
function renames(
  deployed: DescribedPlan,
  planned: DescribedPlan,
  gone: readonly string[],
  fresh: readonly string[],
): readonly RenamedStore[] {
  const [ownersBefore, ownersAfter] = [ownersOf(deployed), ownersOf(planned)]
  const renamed: RenamedStore[] = []
  const left = new Set(fresh)
  for (const from of gone) {
    const shape = shapeOf(deployed.stores[from])
    const alike = [...left].filter((store) => shapeOf(planned.stores[store]) === shape)
    const owned = alike.find((store) => ownersAfter.get(store) === ownersBefore.get(from))
    const rivals = gone.filter((store) => shapeOf(deployed.stores[store]) === shape)
    const to = owned ?? (alike.length === 1 && rivals.length === 1 ? alike[0] : undefined)
    if (to === undefined) continue
    left.delete(to)
    renamed.push({ from, to })
  }
  return renamed
}

function ownersOf({ subtopologies }: DescribedPlan): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const { nodes } of subtopologies) {
    for (const node of nodes) for (const store of node.stores ?? []) if (!owners.has(store)) owners.set(store, node.id)
  }
  return owners
}

function shapeOf(store: DescribedStore | undefined): string {
  return JSON.stringify([store?.kind, store?.key, store?.value, store?.size])
}

function internalTopics({ topics }: DescribedPlan): readonly string[] {
  return Object.entries(topics).flatMap(([topic, { role }]) => (role === 'repartition' || role === 'changelog' ? [topic] : []))
}
