import type { Log, LogWriter } from '../log/log.ts'
import type { TopologyPlan } from '../plan/index.ts'
import type { ResolvedOptions } from './options.ts'
import type { StateFolder } from './state-folder.ts'

/** As Kafka Streams: an open transaction of a process that died holds up its readers for so long. */
const TRANSACTION_TIMEOUT_MS = 10_000

export interface TasksWriterOptions {
  readonly plan: TopologyPlan
  readonly settings: ResolvedOptions
  readonly log: Log
  readonly folder: StateFolder
  readonly partitions: ReadonlyMap<string, number>
}

/** Opens the one writer of a worker. With a transactional id this fences whatever an earlier run of this process has left open. */
export async function openTasksWriter({ log, settings, folder, plan, partitions }: TasksWriterOptions): Promise<LogWriter> {
  const writer = await log.openWriter({
    name: 'tasks',
    ...(settings.guarantee === 'exactly-once'
      ? { transactionalId: `${settings.app}-${folder.processId}`, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS }
      : {}),
  })
  const changelogs = [...plan.stores.values()].flatMap(({ changelogTopic }) => changelogTopic ?? [])
  const outputs = plan.subtopologies.flatMap(({ sinkTopics }) => sinkTopics)
  const deadLetters = [...plan.topics.values()].filter(({ role }) => role === 'dead-letter').map(({ topic }) => topic)
  await writer.prepare([...new Set([...changelogs, ...outputs, ...deadLetters])].filter((topic) => partitions.has(topic)))
  return writer
}
