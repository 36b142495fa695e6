import assert from 'node:assert/strict'
import { topicPartitionKey } from '../topic-partition.ts'
import { expectSilence, numbered, poll, rejectsWith, type SuiteLog, take, valueOf } from './suite-log.ts'
import type { SuiteRunner } from './suite-runner.ts'

export function readerBehaviour({ describe, it }: SuiteRunner, suite: SuiteLog): void {
  describe('reader', () => {
    it('returns records in offset order, with positions that follow on each other', async () => {
      const topic = await suite.topic()
      for (let i = 0; i < 5; i++) await suite.write(topic, numbered(100, i * 100))
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      const values: (string | null)[] = []
      let position = 0
      let lastOffset = -1
      const done = (): boolean => values.length >= 500
      await poll(reader, done, (batch) => {
        assert.equal(batch.topic, topic)
        assert.equal(batch.partition, 0)
        assert(batch.bytes > 0)
        assert(batch.nextOffset > position && batch.nextOffset <= batch.endOffset)
        for (const record of batch.records) {
          assert(record.offset > lastOffset && record.offset >= position && record.offset < batch.nextOffset)
          lastOffset = record.offset
          values.push(valueOf(record))
        }
        position = batch.nextOffset
      })
      assert.deepEqual(values, numbered(500))
    })

    it('begins at the position, also within a batch', async () => {
      const topic = await suite.topic()
      await suite.write(topic, numbered(10))
      assert.deepEqual(await suite.read(topic, 3, 0, 7), numbered(3, 7))
    })

    it('waits for records that are written later', async () => {
      const topic = await suite.topic()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      const taken = take(reader, 3)
      await suite.write(topic, numbered(2))
      await suite.write(topic, numbered(1, 2))
      assert.deepEqual((await taken).map(valueOf), numbered(3))
    })

    it('returns without records when the wait is over', async () => {
      const topic = await suite.topic()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      await expectSilence(reader)
    })

    it('reads several partitions and topics, each in its own order', async () => {
      const topics = [await suite.topic({ partitions: 2 }), await suite.topic()] as const
      await suite.write(topics[0], numbered(50), 0)
      await suite.write(topics[0], numbered(50), 1)
      await suite.write(topics[1], numbered(50), 0)
      const keys = [`${topics[0]}/0`, `${topics[0]}/1`, `${topics[1]}/0`]
      await using reader = await suite.reader(Object.fromEntries(keys.map((key) => [key, 0])))
      const values = new Map<string, (string | null)[]>(keys.map((key) => [key, []]))
      const done = (): boolean => [...values.values()].every((read) => read.length >= 50)
      await poll(reader, done, ({ topic, partition, records }) => {
        values.get(topicPartitionKey(topic, partition))?.push(...records.map(valueOf))
      })
      for (const read of values.values()) assert.deepEqual(read, numbered(50))
    })

    it('goes to another position when a partition is assigned again', async () => {
      const topic = await suite.topic()
      await suite.write(topic, numbered(10))
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      await take(reader, 10)
      reader.assign(new Map([[`${topic}/0`, 4]]))
      assert.deepEqual((await take(reader, 6)).map(valueOf), numbered(6, 4))
    })

    it('drops answers that are on their way for what is unassigned', async () => {
      const [topic, other] = [await suite.topic(), await suite.topic()]
      await suite.write(topic, numbered(10))
      await suite.write(other, ['other'])
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      reader.unassign([`${topic}/0`])
      await expectSilence(reader)
      reader.assign(new Map([[`${other}/0`, 0]]))
      assert.deepEqual((await take(reader, 1)).map(valueOf), ['other'])
    })

    it('yields nothing from a paused partition, and everything after it is resumed', async () => {
      const topic = await suite.topic({ partitions: 2 })
      await suite.write(topic, numbered(10), 0)
      await suite.write(topic, ['neighbour'], 1)
      await using reader = await suite.reader({ [`${topic}/0`]: 0, [`${topic}/1`]: 0 })
      reader.pause([`${topic}/0`])
      const neighbour = await take(reader, 1)
      assert.deepEqual(neighbour.map(valueOf), ['neighbour'])
      await suite.write(topic, numbered(10, 10), 0)
      await expectSilence(reader)
      reader.resume([`${topic}/0`])
      assert.deepEqual((await take(reader, 20)).map(valueOf), numbered(20))
    })

    it('wakes up a poll that waits', async () => {
      const topic = await suite.topic()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      await expectSilence(reader)
      const waiting = reader.poll(3_600_000)
      setTimeout(() => reader.wakeup(), 20)
      assert.deepEqual(await waiting, [])
    })

    it('does not wait in the next poll after a wakeup that came between two', async () => {
      const topic = await suite.topic()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      await expectSilence(reader)
      reader.wakeup()
      assert.deepEqual(await reader.poll(3_600_000), [])
    })

    it('fails with OFFSET_OUT_OF_RANGE at a position that does not exist', async () => {
      const topic = await suite.topic()
      await suite.write(topic, numbered(3))
      await using reader = await suite.reader({ [`${topic}/0`]: 1000 })
      await rejectsWith(
        poll(
          reader,
          () => false,
          () => undefined,
        ),
        'OFFSET_OUT_OF_RANGE',
      )
    })

    it('goes to the earliest record from a position that does not exist, if told to', async () => {
      const topic = await suite.topic()
      await suite.write(topic, numbered(3))
      await using reader = await suite.reader({ [`${topic}/0`]: 1000 }, { outOfRange: 'earliest' })
      assert.deepEqual((await take(reader, 3)).map(valueOf), numbered(3))
    })

    it('goes to the end from a position that does not exist, if told to', async () => {
      const topic = await suite.topic()
      await suite.write(topic, numbered(3))
      await using reader = await suite.reader({ [`${topic}/0`]: 1000 }, { outOfRange: 'latest' })
      await expectSilence(reader)
      await suite.write(topic, ['later'])
      assert.deepEqual((await take(reader, 1)).map(valueOf), ['later'])
    })

    it('fails with TOPIC_MISSING for a topic that does not exist', async () => {
      await using reader = await suite.reader({ [`${suite.name('missing')}/0`]: 0 })
      await rejectsWith(
        poll(
          reader,
          () => false,
          () => undefined,
        ),
        'TOPIC_MISSING',
      )
    })

    it('holds no more than its bound, and a paused partition does not keep out its neighbour', async () => {
      const topic = await suite.topic({ partitions: 2 })
      const value = 'x'.repeat(10_000)
      const bound = 256 * 1024
      await using writer = await suite.writer([topic])
      for (let i = 0; i < 100; i++) {
        writer.append(topic, 0, 1000, null, value)
        writer.append(topic, 1, 1000, null, value)
        if (i % 4 === 3) await writer.flush()
      }
      await writer.flush()
      await using reader = await suite.reader({ [`${topic}/0`]: 0, [`${topic}/1`]: 0 }, { maxBufferedBytes: bound })
      reader.pause([`${topic}/0`])
      let neighbours = 0
      const deadline = Date.now() + 20_000
      while (neighbours < 100) {
        assert(Date.now() < deadline, `got ${neighbours} of 100 records of the partition that is not paused`)
        await new Promise((resolve) => setTimeout(resolve, 10))
        const batches = await reader.poll(100)
        const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0)
        assert(bytes <= bound + 64 * 1024, `one poll returned ${bytes} bytes`)
        for (const batch of batches) neighbours += batch.records.length
      }
      reader.resume([`${topic}/0`])
      await take(reader, 100)
    })

    it('reads independently of another reader of the same partition', async () => {
      const topic = await suite.topic()
      await suite.write(topic, numbered(10))
      await using one = await suite.reader({ [`${topic}/0`]: 0 })
      await using two = await suite.reader({ [`${topic}/0`]: 0 })
      assert.deepEqual((await take(one, 10)).map(valueOf), numbered(10))
      await suite.write(topic, numbered(10, 10))
      assert.deepEqual((await take(two, 20)).map(valueOf), numbered(20))
      assert.deepEqual((await take(one, 10)).map(valueOf), numbered(10, 10))
    })

    it('refuses to poll after it was closed', async () => {
      const topic = await suite.topic()
      const reader = await suite.reader({ [`${topic}/0`]: 0 })
      await reader.close()
      await rejectsWith(reader.poll(0), 'LOG_CLOSED')
    })
  })
}
