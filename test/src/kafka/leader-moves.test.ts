import { startKafka } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaLog } from '../../../packages/core/src/log/index.ts'
import type { KafkaCluster } from '../../../scripts/servers/index.ts'
import { Collector, writeNumbers } from './numbers.ts'

describe('in a cluster of three brokers', () => {
  let kafka: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ nodes: 3 })
  })
  afterAll(() => kafka.stop())

  it('writers and readers follow leaders and coordinators when each broker dies in turn, exactly once', async () => {
    const log = kafkaLog({ brokers: kafka.brokers })
    const [one, two] = ['moves-transactional', 'moves-idempotent']
    const spec = { partitions: 6, replicas: 3, cleanup: 'delete', retentionMs: -1 } as const
    await log.admin.createTopics([one, two].map((topic) => ({ ...spec, topic })))
    const readers = await Promise.all([one, two].map((name) => log.openReader({ name })))
    const collectors = readers.map((reader, i) => new Collector(reader, [one, two][i] ?? '', 6))
    const writings = [writeNumbers(log, one, 6, 'moves'), writeNumbers(log, two, 6)]
    const goOn = (): Promise<unknown> => Promise.all(writings.map((writing) => writing.reached(writing.written + 100)))
    await goOn()
    for (const node of kafka.nodes) {
      await node.kill()
      await goOn()
      await node.restart()
      await goOn()
    }
    for (const [i, writing] of writings.entries()) {
      const collector = collectors[i]
      await collector?.until(await writing.stop())
      expect(collector?.disorder).toEqual([])
    }
    await Promise.all(readers.map((reader) => reader.close()))
    await log.close()
  }, 400_000)

  it('a member finds the new coordinator of its group, and commits there', async () => {
    const log = kafkaLog({ brokers: kafka.brokers })
    await log.admin.createTopics([{ topic: 'moves-group', partitions: 1, replicas: 3, cleanup: 'delete' }])
    const member = await log.openMember({ group: 'moves-group', topics: [], onRebalance: () => {} })
    const writer = await log.openWriter({ name: 'test', transactionalId: 'moves-group' })
    const nothing = new Uint8Array()
    let offset = 0
    for (const node of kafka.nodes) {
      await node.kill()
      const { identity } = await member.join(nothing, (members) => new Map(members.map(({ memberId }) => [memberId, nothing])))
      const offsets = new Map([['moves-group/0', ++offset]])
      await writer.commit({ identity, offsets })
      expect(await log.admin.committedOffsets('moves-group', [{ topic: 'moves-group', partition: 0 }])).toEqual(offsets)
      await node.restart()
    }
    await writer.close()
    await member.leave()
    await log.close()
  }, 400_000)
})
