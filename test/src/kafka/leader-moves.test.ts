import { type Assignment, type GroupMember, kafkaLog } from '@millrace/core'
import { type KafkaCluster, startKafka } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Collector, writeNumbers } from './numbers.ts'

describe('in a cluster of three brokers', () => {
  let kafka: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3 })
  })
  afterAll(() => kafka.stop())

  it('writers, readers and members follow leaders and coordinators when each broker dies in turn, exactly once', async () => {
    const log = kafkaLog({ brokers: kafka.brokers })
    const topics = ['transactional', 'idempotent']
    const spec = { partitions: 6, replicas: 3, cleanup: 'delete', retentionMs: -1 } as const
    await log.admin.createTopics(topics.map((topic) => ({ ...spec, topic })))
    const readers = await Promise.all(topics.map((name) => log.openReader({ name })))
    const collectors = topics.map((topic, i) => new Collector(readers[i], topic, 6))
    const writings = topics.map((topic, i) => writeNumbers(log, topic, 6, i === 0 ? topic : undefined))
    const member = await log.openMember({ group: 'members', topics: [], onRebalance: () => {} })
    const committer = await log.openWriter({ name: 'committer', transactionalId: 'committer' })
    const goOn = (): Promise<unknown> => Promise.all(writings.map((writing) => writing.reached(writing.written + 100)))
    await goOn()
    for (const [i, node] of kafka.nodes.entries()) {
      await node.kill()
      await goOn()
      const { identity } = await join(member)
      const offsets = new Map([['idempotent/0', i]])
      await committer.commit({ identity, offsets })
      expect((await log.admin.committedOffsets('members', [{ topic: 'idempotent', partition: 0 }])).offsets).toEqual(offsets)
      await node.restart()
      await goOn()
    }
    for (const [i, writing] of writings.entries()) {
      await collectors[i]?.until(await writing.stop())
      expect(collectors[i]?.disorder).toEqual([])
    }
    await Promise.all([...readers.map((reader) => reader.close()), committer.close(), member.leave()])
    await log.close()
  }, 400_000)
})

/** Everybody gets an empty assignment. */
async function join(member: GroupMember): Promise<Assignment> {
  const nothing = new Uint8Array()
  return await member.join(nothing, (members) => new Map(members.map(({ memberId }) => [memberId, nothing])))
}
