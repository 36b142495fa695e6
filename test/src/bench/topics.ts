import { json, type Log, string, topicPartitionKey } from '@millrace/core'
import { partitionForKey } from '../../../packages/core/src/log/records/index.ts'
import { clicks } from './clicks.ts'
import type { Expectation, Output } from './expectation.ts'

const PARTITIONS = 4

/** Fills the input topic once. Records keep their times of January 2026, so nothing may expire them. */
export async function loadClicks(log: Log, topic: string, count: number, users: number): Promise<void> {
  if ((await log.admin.describeTopics([topic])).has(topic)) return
  await createTopic(log, topic)
  const writer = await log.openWriter({ name: 'load' })
  await writer.prepare([topic])
  const key = string()
  const value = json()
  let appended = 0
  for (const { click, timestamp } of clicks(count, users)) {
    writer.append(topic, partitionForKey(click.userId, PARTITIONS), timestamp, key.encode(click.userId), value.encode(click))
    if (++appended % 10_000 === 0) await writer.flush()
  }
  await writer.flush()
  await writer.close()
}

export async function createTopic(log: Log, topic: string): Promise<void> {
  await log.admin.createTopics([{ topic, partitions: PARTITIONS, cleanup: 'delete', retentionMs: -1 }])
}

/** Reads the committed records of the whole topic. */
export async function check(log: Log, topic: string, expected: Expectation): Promise<string | undefined> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  const ends = await log.admin.endOffsets(partitions)
  const reader = await log.openReader({ name: 'check' })
  const positions = new Map([...ends.keys()].map((key) => [key, 0]))
  reader.assign(positions)
  while ([...ends].some(([key, end]) => (positions.get(key) ?? 0) < end)) {
    for (const batch of await reader.poll(1000)) {
      positions.set(topicPartitionKey(batch.topic, batch.partition), batch.nextOffset)
      for (const { key, value } of batch.records) {
        if (key === null || value === null) return 'an output has no key or no value'
        expected.take({ key: key.toString(), value: JSON.parse(value.toString()) as Output['value'] })
      }
    }
  }
  await reader.close()
  return expected.verdict()
}

export async function dropTopics(log: Log, topics: readonly string[]): Promise<void> {
  await log.admin.deleteTopics(topics)
}
