import { MillraceError } from '../errors.ts'
import type { Subtopology, TopologyPlan } from './topology-plan.ts'

export interface PartitionDefaults {
  /** Partitions of topics that do not exist and that nothing else determines. */
  readonly partitions: number
}

/**
 * How many partitions each topic of the plan has, or must get.
 *
 * - The user's topics have what they have, and so have feeds that exist; others get what they ask for, or the default.
 *   (Whether a topic of the user's may be missing is for the caller to say.)
 * - A repartition topic gets what was asked for, else as many as the topics that it must be co-partitioned with, else as
 *   many as the sub-topology has tasks that writes it (the most partitions of its inputs).
 * - A changelog has a partition for each task. A view that does not exist gets as many as its writer has tasks.
 *
 * Co-partitioning is checked for everything that keeps state by key (aggregates, `toTable`) and gets records from several
 * topics without a repartition in between, which is what `merge` followed by `groupByKey` does.
 *
 * @param known partition counts of the topics that exist in the log
 * @throws {MillraceError} NOT_COPARTITIONED: names two topics, their counts and the operator
 */
export function resolvePartitions(
  plan: TopologyPlan,
  known: ReadonlyMap<string, number>,
  defaults: PartitionDefaults,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { topic, role, partitions } of plan.topics.values()) {
    if (role === 'repartition' || role === 'changelog') {
      if (partitions !== undefined) counts.set(topic, partitions)
      continue
    }
    const count = known.get(topic) ?? partitions ?? (role === 'view' ? undefined : defaults.partitions)
    if (count !== undefined) counts.set(topic, count)
  }
  // Each round settles the topics whose writers are settled. Where writers read each other's topics (a cogroup of a stream and of
  // what was derived from it and repartitioned again), one topic follows those of them that are settled, as in Kafka Streams.
  const written = [...plan.topics.values()].flatMap(({ topic, role }) => (role === 'changelog' ? [] : [topic]))
  for (let before = -1; before < counts.size; ) {
    before = counts.size
    for (const topic of written) settle(topic, plan, counts, 'all')
    if (before === counts.size) written.some((topic) => settle(topic, plan, counts, 'some'))
  }
  for (const subtopology of plan.subtopologies) {
    for (const group of subtopology.copartitioned) checkGroup(group, counts)
    for (const store of subtopology.stores) {
      const changelog = plan.stores.get(store)?.changelogTopic
      if (changelog !== undefined) counts.set(changelog, tasksOf(subtopology, counts))
    }
  }
  return counts
}

/** Tasks of a sub-topology: the most partitions that one of its inputs has. */
export function tasksOf(subtopology: Subtopology, counts: ReadonlyMap<string, number>): number {
  return Math.max(0, ...subtopology.sourceTopics.map((topic) => counts.get(topic) ?? 0))
}

/** Settles a topic that the plan writes, if all, or some, of what it follows is known by now. Returns whether it did. */
function settle(topic: string, plan: TopologyPlan, counts: Map<string, number>, known: 'all' | 'some'): boolean {
  if (counts.has(topic)) return false
  const equals = copartitionedWith(topic, plan)
  const fixed = equals.flatMap((equal) => counts.get(equal) ?? [])
  if (fixed.length > 0) {
    counts.set(topic, Math.max(...fixed))
    return true
  }
  const writers = plan.subtopologies.filter(({ sinkTopics }) => equals.some((equal) => sinkTopics.includes(equal)))
  const sources = writers.flatMap(({ sourceTopics }) => sourceTopics)
  const settled = sources.filter((source) => counts.has(source))
  if (settled.length === 0 || (known === 'all' && settled.length < sources.length)) return false
  counts.set(topic, Math.max(...writers.map((writer) => tasksOf(writer, counts))))
  return true
}

/** The topic, and all that must have as many partitions as it. */
function copartitionedWith(topic: string, plan: TopologyPlan): readonly string[] {
  const groups = plan.subtopologies.flatMap(({ copartitioned }) => copartitioned.map(({ topics }) => topics))
  const equals = new Set([topic])
  for (let before = 0; before < equals.size; ) {
    before = equals.size
    for (const topics of groups) if (topics.some((each) => equals.has(each))) for (const each of topics) equals.add(each)
  }
  return [...equals]
}

function checkGroup({ topics, operator }: Subtopology['copartitioned'][number], counts: ReadonlyMap<string, number>): void {
  const [first = '', ...others] = topics
  const other = others.find((topic) => counts.get(topic) !== counts.get(first))
  if (other === undefined) return
  throw new MillraceError(
    'NOT_COPARTITIONED',
    `"${operator}" gets the records of a key from topics "${first}" (${counts.get(first)} partitions) and "${other}" (${counts.get(other)} partitions), ` +
      `where one key is in different partitions, so its state would be split. Call .repartition() on one of the streams before they meet, or give both topics the same number of partitions.`,
    { location: { topic: other, operator } },
  )
}
