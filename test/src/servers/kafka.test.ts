import { existsSync } from 'node:fs'
import { type KafkaCluster, startKafka } from '@millrace/scripts/servers'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { waitUntil } from '../support/wait-until.ts'

describe('a private Kafka', () => {
  it('keeps its topics when it is killed, answers on the same port again, and leaves nothing behind', async () => {
    const kafka = await startKafka({ properties: { 'num.partitions': 7 } })
    try {
      await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic: 'orders' }], waitForLeaders: true }))
      await kafka.kill()
      await kafka.restart()
      const { topics } = await withAdmin(kafka, (admin) => admin.fetchTopicMetadata({ topics: ['orders'] }))
      expect(topics[0]?.partitions).toHaveLength(7)
    } finally {
      await kafka.stop()
    }
    expect(kafka.nodes.map((node) => existsSync(node.dataDir))).toEqual([false])
  })

  it('with three nodes replicates to all of them and goes on without one', async () => {
    const kafka = await startKafka({ nodes: 3 })
    try {
      await withAdmin(kafka, (admin) =>
        admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 1 }], waitForLeaders: true }),
      )
      const replicas = await inSyncReplicas(kafka)
      expect(new Set(replicas)).toEqual(new Set([1, 2, 3]))
      const killed = kafka.nodes[(replicas[0] as number) - 1]
      await killed?.kill()
      await waitUntil(async () => (await inSyncReplicas(kafka)).length === 2, {
        what: 'the dead node has left the in-sync replicas',
      })
      await killed?.restart()
      await waitUntil(async () => (await inSyncReplicas(kafka)).length === 3, { what: 'the restarted node has caught up' })
    } finally {
      await kafka.stop()
    }
  })
})

/** The nodes in sync for the topic's only partition, its leader first. */
async function inSyncReplicas(kafka: KafkaCluster): Promise<readonly number[]> {
  const { topics } = await withAdmin(kafka, (admin) => admin.fetchTopicMetadata({ topics: ['orders'] }))
  const partition = topics[0]?.partitions[0]
  if (partition === undefined) throw new Error('the topic has no partition')
  return [partition.leader, ...partition.isr.filter((node) => node !== partition.leader)]
}

async function withAdmin<Answer>(kafka: KafkaCluster, ask: (admin: Admin) => Promise<Answer>): Promise<Answer> {
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await ask(admin)
  } finally {
    await admin.disconnect()
  }
}
