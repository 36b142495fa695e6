import type { LogWriter } from '../log/log.ts'
import type { OpenApp } from './open-app.ts'

/** As Kafka Streams: an open transaction of a process that died holds up its readers for so long. */
const TRANSACTION_TIMEOUT_MS = 10_000

/** Opens the one writer of a worker. With a transactional id this fences whatever an earlier run of this process has left open. */
export async function openTasksWriter({ log, settings, folder, plan, partitions }: OpenApp): Promise<LogWriter> {
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
