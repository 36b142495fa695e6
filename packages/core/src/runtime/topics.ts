import { MillraceError } from '../errors.ts'
import type { Log, TopicDescription, TopicSpec } from '../log/log.ts'
import { resolvePartitions, type TopicPlan, type TopologyPlan } from '../plan/index.ts'

/** Topics in which source connectors keep their positions: `<app>-<connector>-positions`, one compacted partition. */
export function positionsTopic(app: string, connector: string): string {
  return `${app}-${connector}-positions`
}

/**
 * How long a deletion stays in a compacted topic after compaction has seen it. Who is away for longer does not hear of it (a view
 * keeps the row, a table the entry), so it is as long as brokers keep the offsets of a group that is away
 * (offsets.retention.minutes), and not the day that is their default.
 */
const DELETE_RETENTION_MS = 7 * 24 * 3600 * 1000

export interface TopicCheck {
  readonly log: Log
  readonly plan: TopologyPlan
  /** Partitions of what nothing else determines. */
  readonly partitions: number
  readonly replicas: number | undefined
  /** True: nobody but this app can reach the log, so it also creates the topics that the topology writes for others. */
  readonly ownLog: boolean
}

/**
 * Refuses topics that are missing or are not what the topology needs, then creates the ones that Millrace creates. To be
 * done before any task starts. Resolves to the partition counts of all topics of the plan.
 *
 * @throws {MillraceError} TOPIC_MISSING, TOPIC_MISMATCH, NOT_COPARTITIONED
 */
export async function prepareTopics(check: TopicCheck): Promise<ReadonlyMap<string, number>> {
  const { log, plan } = check
  const found = new Map(await log.admin.describeTopics([...plan.topics.keys()]))
  const topics = [...plan.topics.values()]
  const missing = topics.filter((topic) => isUsers(topic) && !found.has(topic.topic))
  refuse(
    missing.filter((topic) => !mayCreate(topic, check)),
    log,
  )
  const known = new Map([...found].map(([topic, { partitions }]) => [topic, partitions]))
  for (const { topic, partitions } of missing) known.set(topic, partitions ?? check.partitions)
  const counts = resolvePartitions(plan, known, { partitions: check.partitions })
  for (const topic of topics) refuseMismatch(topic, found.get(topic.topic), counts)
  for (const [store, { sourceTopic }] of plan.stores) {
    if (sourceTopic !== undefined) refuseUncompacted(store, sourceTopic, found.get(sourceTopic))
  }
  const specs = topics
    .filter(({ topic }) => !found.has(topic))
    .map((topic) => topicSpec(topic, counts.get(topic.topic) ?? known.get(topic.topic) ?? check.partitions, check))
  for (const connector of new Set(plan.feeds.map((feed) => feed.connector.name))) {
    specs.push(withReplicas({ topic: positionsTopic(plan.app, connector), partitions: 1, cleanup: 'compact' }, check))
  }
  if (specs.length > 0) await log.admin.createTopics(specs)
  return new Map([...known, ...counts])
}

/**
 * Partition count of a topic that records name themselves. In a log of the app's own it is created when it is missing.
 *
 * @throws {MillraceError} TOPIC_MISSING
 */
export async function findTopic(check: TopicCheck, topic: string): Promise<number> {
  const { log, partitions, ownLog } = check
  const written: TopicPlan = { topic, role: 'sink', cleanup: 'delete' }
  const found = (await log.admin.describeTopics([topic])).get(topic)
  if (found !== undefined) return found.partitions
  if (!ownLog) refuse([written], log)
  await log.admin.createTopics([topicSpec(written, partitions, check)])
  return partitions
}

/** True for topics that the user is in charge of; the others are Millrace's. */
function isUsers({ role }: TopicPlan): boolean {
  return role === 'source' || role === 'sink' || role === 'dead-letter'
}

function mayCreate({ topic, role }: TopicPlan, { ownLog, plan }: TopicCheck): boolean {
  return ownLog && (role !== 'source' || plan.subtopologies.some(({ sinkTopics }) => sinkTopics.includes(topic)))
}

function topicSpec(topic: TopicPlan, partitions: number, check: TopicCheck): TopicSpec {
  const { cleanup, retentionMs } = topic
  return withReplicas(
    {
      topic: topic.topic,
      partitions,
      cleanup,
      ...(retentionMs === undefined ? {} : { retentionMs }),
      ...(cleanup === 'delete' ? {} : { config: { 'delete.retention.ms': String(DELETE_RETENTION_MS) } }),
    },
    check,
  )
}

function withReplicas(spec: TopicSpec, { replicas }: TopicCheck): TopicSpec {
  return replicas === undefined ? spec : { ...spec, replicas }
}

function refuse(missing: readonly TopicPlan[], log: Log): void {
  const [first] = missing
  if (first === undefined) return
  const names = missing.map(({ topic, role }) => `"${topic}" (${role === 'source' ? 'read' : 'written'} by the topology)`)
  const how =
    log.name === 'kafka'
      ? `kafka-topics.sh --bootstrap-server … --create --topic ${first.topic} --partitions 4`
      : `log.admin.createTopics([{ topic: '${first.topic}', partitions: 4, cleanup: 'delete' }])`
  const [topics, them, exist] = missing.length === 1 ? ['Topic', 'it', 'does not exist'] : ['Topics', 'them', 'do not exist']
  throw new MillraceError(
    'TOPIC_MISSING',
    `${topics} ${names.join(', ')} ${exist} in the ${log.name} log. Millrace creates its internal topics, but not yours: ` +
      `create ${them} first (${how}), or correct the name.`,
    { location: { topic: first.topic } },
  )
}

/** A table that is restored from its own topic needs the latest record of each key, however old. */
function refuseUncompacted(store: string, topic: string, found: TopicDescription | undefined): void {
  const policy = found?.config['cleanup.policy']
  if (policy === undefined || policy === 'compact') return
  throw new MillraceError(
    'TOPIC_MISMATCH',
    `Table "${store}" is restored from its own topic "${topic}" (optimize: true), which has cleanup.policy=${policy}: rows that ` +
      'have not changed for long would be lost. Set it to "compact", or leave optimize out, so that the table has a changelog.',
    { location: { topic, store } },
  )
}

function refuseMismatch(topic: TopicPlan, found: TopicDescription | undefined, counts: ReadonlyMap<string, number>): void {
  if (found === undefined || (topic.role !== 'repartition' && topic.role !== 'changelog')) return
  const wanted = counts.get(topic.topic)
  const policy = found.config['cleanup.policy']
  const problems: string[] = []
  if (wanted !== undefined && found.partitions !== wanted) {
    problems.push(`has ${found.partitions} partitions where the topology needs ${wanted}`)
  }
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
