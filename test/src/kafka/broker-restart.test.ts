import { startKafka } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaLog } from '../../../packages/core/src/log/index.ts'
import type { KafkaCluster } from '../../../scripts/servers/index.ts'
import { Collector, writeNumbers } from './numbers.ts'

describe('when the only broker restarts', () => {
  let kafka: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterAll(() => kafka.stop())

  for (const transactionalId of ['restart', undefined]) {
    const kind = transactionalId === undefined ? 'an idempotent writer' : 'a transactional writer'
    for (const how of ['stopped', 'killed'] as const) {
      it(`${kind} and a reader go on after it was ${how}, without loss, duplicates or disorder`, async () => {
        const log = kafkaLog({ brokers: kafka.brokers })
        const topic = `restart-${kind.length}-${how}`
        await log.admin.createTopics([{ topic, partitions: 2, cleanup: 'delete', retentionMs: -1 }])
        const reader = await log.openReader({ name: 'test' })
        const collector = new Collector(reader, topic, 2)
        const writing = writeNumbers(log, topic, 2, transactionalId)
        await writing.reached(500)
        if (how === 'stopped') await kafka.restart()
        else {
          await kafka.kill()
          await kafka.restart()
        }
        await writing.reached(writing.written + 2000)
        const total = await writing.stop()
        await collector.until(total)
        expect(collector.disorder).toEqual([])
        await reader.close()
        await log.close()
      })
    }
  }
})
