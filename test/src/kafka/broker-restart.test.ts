import { kafkaLog } from '@millrace/core'
import { type KafkaCluster, startKafka } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Collector, writeNumbers } from './numbers.ts'

describe('when the only broker restarts', () => {
  let kafka: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterAll(() => kafka.stop())

  for (const how of ['stopped', 'killed'] as const) {
    it(`writers and readers go on after it was ${how}, without loss, duplicates or disorder`, async () => {
      const log = kafkaLog({ brokers: kafka.brokers })
      const topics = [`transactional-${how}`, `idempotent-${how}`]
      await log.admin.createTopics(topics.map((topic) => ({ topic, partitions: 2, cleanup: 'delete', retentionMs: -1 })))
      const readers = await Promise.all(topics.map((name) => log.openReader({ name })))
      const collectors = topics.map((topic, i) => new Collector(readers[i], topic, 2))
      const writings = topics.map((topic, i) => writeNumbers(log, topic, 2, i === 0 ? topic : undefined))
      await Promise.all(writings.map((writing) => writing.reached(300)))
      if (how === 'killed') await kafka.kill()
      await kafka.restart()
      await Promise.all(writings.map((writing) => writing.reached(writing.written + 500)))
      for (const [i, writing] of writings.entries()) {
        await collectors[i]?.until(await writing.stop())
        expect(collectors[i]?.disorder).toEqual([])
      }
      await Promise.all(readers.map((reader) => reader.close()))
      await log.close()
    })
  }
})
