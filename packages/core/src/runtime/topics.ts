import { MillraceError } from '../errors.ts'
import type { Log, TopicDescription, TopicSpec } from '../log/log.ts'
import type { TopicPlan, TopologyPlan } from '../plan/topology-plan.ts'

/** Topics in which source connectors keep their positions: `<app>-<connector>-positions`, one compacted partition. */
export function positionsTopic(app: string, connector: string): string {
  return `${app}-${connector}-positions`
}

export interface TopicCheck {
  readonly log: Log
  readonly plan: TopologyPlan
  /** Partition counts of all topics of the plan, as they must be (see resolvePartitions). */
  readonly partitions: ReadonlyMap<string, number>
  readonly existing: ReadonlyMap<string, TopicDescription>
  readonly replicas: number | undefined
  /** True: nobody but this app can reach the log, so it also creates the topics that the topology writes for others. */
  readonly ownLog: boolean
}

/**
 * Refuses topics that are missing or are not what the topology needs, then creates the ones that Millrace creates. To be
 * done before any task starts.
 *
 * @throws {MillraceError} TOPIC_MISSING, TOPIC_MISMATCH
 */
export async function ensureTopics(check: TopicCheck): Promise<void> {
  const { log, plan, partitions, existing } = check
  const topics = [...plan.topics.values()]
  const missing = topics.filter((topic) => !existing.has(topic.topic))
  refuseMissing(
    missing.filter((topic) => !isOurs(topic, check)),
    log,
  )
  for (const topic of topics) refuseMismatch(topic, existing.get(topic.topic), partitions)
  const specs = missing.map((topic) => topicSpec(topic, partitions.get(topic.topic) ?? 1, check))
  for (const connector of new Set(plan.feeds.map((feed) => feed.connector.name))) {
    specs.push(withReplicas({ topic: positionsTopic(plan.app, connector), partitions: 1, cleanup: 'compact' }, check))
  }
  if (specs.length > 0) await log.admin.createTopics(specs)
}

/** All topics whose existence and partition count matter before the start. */
export function topicsToDescribe(plan: TopologyPlan): readonly string[] {
  return [...plan.topics.keys()]
}

function isOurs(topic: TopicPlan, check: TopicCheck): boolean {
  switch (topic.role) {
    case 'source':
      return check.ownLog && check.plan.subtopologies.some(({ sinkTopics }) => sinkTopics.includes(topic.topic))
    case 'sink':
    case 'dead-letter':
      return check.ownLog
    case 'feed':
    case 'view':
    case 'repartition':
    case 'changelog':
      return true
  }
}

function topicSpec(topic: TopicPlan, partitions: number, check: TopicCheck): TopicSpec {
  const { cleanup, retentionMs } = topic
  return withReplicas({ topic: topic.topic, partitions, cleanup, ...(retentionMs === undefined ? {} : { retentionMs }) }, check)
}

function withReplicas(spec: TopicSpec, { replicas }: TopicCheck): TopicSpec {
  return replicas === undefined ? spec : { ...spec, replicas }
}

function refuseMissing(missing: readonly TopicPlan[], log: Log): void {
  if (missing.length === 0) return
  const names = missing.map((topic) => `"${topic.topic}" (${topic.role === 'source' ? 'read' : 'written'} by the topology)`)
  const first = missing[0]?.topic ?? ''
  const how =
    log.name === 'kafka'
      ? `kafka-topics.sh --bootstrap-server … --create --topic ${first} --partitions 4`
      : `log.admin.createTopics([{ topic: '${first}', partitions: 4, cleanup: 'delete' }])`
  throw new MillraceError(
    'TOPIC_MISSING',
    `${missing.length === 1 ? 'Topic' : 'Topics'} ${names.join(', ')} ${missing.length === 1 ? 'does' : 'do'} not exist in the ${log.name} log. ` +
      `Millrace creates its internal topics, but not yours: create ${missing.length === 1 ? 'it' : 'them'} first (${how}), or correct the name.`,
    { location: { topic: first } },
  )
}

function refuseMismatch(topic: TopicPlan, found: TopicDescription | undefined, partitions: ReadonlyMap<string, number>): void {
  if (found === undefined || (topic.role !== 'repartition' && topic.role !== 'changelog')) return
  const wanted = partitions.get(topic.topic)
  const problems: string[] = []
  if (wanted !== undefined && found.partitions !== wanted) {
    problems.push(`has ${found.partitions} partitions where the topology needs ${wanted}`)
  }
  const policy = found.config['cleanup.policy']
  if (policy !== undefined && topic.role === 'changelog' && !policy.includes('compact')) {
    problems.push(`has cleanup.policy=${policy} where a changelog needs "${topic.cleanup}" (it would lose state)`)
  }
  if (policy !== undefined && topic.role === 'repartition' && policy.includes('compact')) {
    problems.push(`has cleanup.policy=${policy} where a repartition topic needs "delete" (it would lose records)`)
  }
  if (problems.length === 0) return
  throw new MillraceError(
    'TOPIC_MISMATCH',
    `Internal ${topic.role} topic "${topic.topic}" ${problems.join(', and ')}. It was made by another version of the topology or ` +
      'by hand. Give the topology back the number of partitions that it had, or start over under another appId ' +
      '(or after deleting the internal topics, the group and the state folder).',
    { location: { topic: topic.topic } },
  )
}
