import assert from 'node:assert/strict'
import { topicPartitionKey } from '../topic-partition.ts'
import type { LogSuiteSupport } from './log-suite.ts'
import { numbered, rejectsWith, type SuiteLog, until } from './suite-log.ts'
import type { SuiteRunner } from './suite-runner.ts'

export function adminBehaviour({ describe, it }: SuiteRunner, suite: SuiteLog, supports: LogSuiteSupport): void {
  describe('admin', () => {
    it('creates topics with partitions and configuration, and describes them', async () => {
      const { admin } = await suite.get()
      const [deleted, compacted] = [suite.name('topic'), suite.name('topic')]
      await admin.createTopics([
        { topic: deleted, partitions: 3, cleanup: 'delete', retentionMs: 3_600_000 },
        { topic: compacted, partitions: 1, cleanup: 'compact', config: { 'min.cleanable.dirty.ratio': '0.3' } },
      ])
      const described = await admin.describeTopics([deleted, compacted])
      assert.equal(described.get(deleted)?.partitions, 3)
      assert.equal(described.get(deleted)?.config['cleanup.policy'], 'delete')
      assert.equal(described.get(deleted)?.config['retention.ms'], '3600000')
      assert.equal(described.get(compacted)?.partitions, 1)
      assert.equal(described.get(compacted)?.config['cleanup.policy'], 'compact')
      assert.equal(described.get(compacted)?.config['min.cleanable.dirty.ratio'], '0.3')
    })

    it('leaves missing topics out of a description', async () => {
      const { admin } = await suite.get()
      const topic = await suite.topic()
      assert.deepEqual([...(await admin.describeTopics([topic, suite.name('missing')])).keys()], [topic])
    })

    it('leaves a topic that exists as it is when it is created again', async () => {
      const { admin } = await suite.get()
      const topic = await suite.topic({ partitions: 2 })
      await suite.write(topic, ['kept'])
      await admin.createTopics([{ topic, partitions: 5, cleanup: 'compact' }])
      const description = (await admin.describeTopics([topic])).get(topic)
      assert.equal(description?.partitions, 2)
      assert.equal(description?.config['cleanup.policy'], 'delete')
      assert.deepEqual(await suite.read(topic, 1), ['kept'])
    })

    it('deletes topics, and a topic created anew under the name is empty', async () => {
      const { admin } = await suite.get()
      const topic = await suite.topic()
      await suite.write(topic, numbered(10))
      await admin.deleteTopics([topic])
      await until('the topic is gone', async () => !(await admin.describeTopics([topic])).has(topic))
      await admin.createTopics([{ topic, partitions: 1, cleanup: 'delete' }])
      assert.equal(await suite.endOffset(topic), 0)
      await suite.write(topic, ['new'])
      assert.deepEqual(await suite.read(topic, 1), ['new'])
    })

    it('answers beginning and end offsets of several partitions', async () => {
      const { admin } = await suite.get()
      const topic = await suite.topic({ partitions: 3 })
      await suite.write(topic, numbered(4), 0)
      await suite.write(topic, numbered(7), 2)
      const partitions = [0, 1, 2].map((partition) => ({ topic, partition }))
      const keys = partitions.map(({ partition }) => topicPartitionKey(topic, partition))
      const ends = await admin.endOffsets(partitions)
      assert.deepEqual(
        keys.map((key) => ends.get(key)),
        [4, 0, 7],
      )
      const beginnings = await admin.beginningOffsets(partitions)
      assert.deepEqual(
        keys.map((key) => beginnings.get(key)),
        [0, 0, 0],
      )
    })

    it('refuses offsets of a missing topic with TOPIC_MISSING', async () => {
      const { admin } = await suite.get()
      const missing = [{ topic: suite.name('missing'), partition: 0 }]
      await rejectsWith(admin.endOffsets(missing), 'TOPIC_MISSING')
      await rejectsWith(admin.beginningOffsets(missing), 'TOPIC_MISSING')
    })

    it('has no committed offsets for a group that committed none', async () => {
      const { admin } = await suite.get()
      const topic = await suite.topic()
      assert.equal((await admin.committedOffsets(suite.name('group'), [{ topic, partition: 0 }])).offsets.size, 0)
    })

    it('deletes the records before an offset, and keeps those after it', async () => {
      const { admin } = await suite.get()
      const topic = await suite.topic({ partitions: 2 })
      await suite.write(topic, numbered(10), 1)
      await suite.write(topic, numbered(10, 10), 1)
      await admin.deleteRecords(new Map([[topicPartitionKey(topic, 1), 13]]))
      const beginning = await suite.beginningOffset(topic, 1)
      if (supports.deleteRecordsExact) assert.equal(beginning, 13)
      else assert(beginning <= 13)
      assert.equal(await suite.beginningOffset(topic, 0), 0)
      assert.equal(await suite.endOffset(topic, 1), 20)
      assert.deepEqual(await suite.read(topic, 7, 1, 13), numbered(7, 13))
    })
  })
}
