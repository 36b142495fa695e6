import assert from 'node:assert/strict'
import type { LogSuiteSupport } from './log-suite.ts'
import { numbered, rejectsWith, type SuiteLog, take, until, valueOf } from './suite-log.ts'
import type { SuiteRunner } from './suite-runner.ts'

export function writerBehaviour({ describe, it }: SuiteRunner, suite: SuiteLog, supports: LogSuiteSupport): void {
  describe('writer', () => {
    it('keeps null keys and values, empty ones, unicode, bytes, timestamps and headers', async () => {
      const topic = await suite.topic()
      await using writer = await suite.writer([topic])
      const bytes = Buffer.from([0, 255, 128, 10])
      writer.append(topic, 0, 1, null, null)
      writer.append(topic, 0, 1_700_000_000_123, '', '')
      writer.append(topic, 0, 0, 'Größe 🙂', '日本語'.repeat(50))
      writer.append(topic, 0, 5, bytes, new Uint8Array(bytes))
      writer.append(topic, 0, 6, 'k', 'v', [
        ['trace', Buffer.from('é')],
        ['none', null],
        ['trace', new Uint8Array(0)],
      ])
      await writer.flush()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      const records = await take(reader, 5)
      assert.deepEqual(
        records.map(({ key, value, timestamp }) => [key?.toString('hex') ?? null, value?.toString('hex') ?? null, timestamp]),
        [
          [null, null, 1],
          ['', '', 1_700_000_000_123],
          [Buffer.from('Größe 🙂').toString('hex'), Buffer.from('日本語'.repeat(50)).toString('hex'), 0],
          ['00ff800a', '00ff800a', 5],
          [Buffer.from('k').toString('hex'), Buffer.from('v').toString('hex'), 6],
        ],
      )
      assert.deepEqual(records[0]?.headers, [])
      assert.deepEqual(
        records[4]?.headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]),
        [
          ['trace', 'é'],
          ['none', null],
          ['trace', ''],
        ],
      )
    })

    it('tells the partition counts of topics, and TOPIC_MISSING for one that does not exist', async () => {
      const topic = await suite.topic({ partitions: 3 })
      const writer = await (await suite.get()).openWriter({ name: 'suite' })
      assert.deepEqual([...(await writer.prepare([topic]))], [[topic, 3]])
      await rejectsWith(writer.prepare([suite.name('missing')]), 'TOPIC_MISSING')
      await writer.close()
    })

    it('refuses records for a topic that it has not learned', async () => {
      const topic = await suite.topic()
      const writer = await (await suite.get()).openWriter({ name: 'suite' })
      await rejectsWith((async () => writer.append(topic, 0, 0, null, 'x'))(), 'TOPIC_MISSING')
      await writer.close()
    })

    it('acknowledges with flush: everything appended is readable then, nothing is pending', async () => {
      const topic = await suite.topic({ partitions: 2 })
      await using writer = await suite.writer([topic])
      for (let i = 0; i < 1000; i++) writer.append(topic, i % 2, 1000, null, `value-${Math.floor(i / 2)}`)
      assert(writer.pendingBytes > 0)
      await writer.flush()
      assert.equal(writer.pendingBytes, 0)
      assert.equal(await suite.endOffset(topic, 0), 500)
      assert.equal(await suite.endOffset(topic, 1), 500)
      assert.deepEqual(await suite.read(topic, 500, 1), numbered(500))
    })

    it('sends in the background, in order, without being told to', async () => {
      const topic = await suite.topic()
      await using writer = await suite.writer([topic])
      const value = 'x'.repeat(1000)
      for (let i = 0; i < 3000; i++) writer.append(topic, 0, 1000, null, `${i} ${value}`)
      await until('something is sent', async () => (await suite.endOffset(topic)) > 0)
      for (let i = 3000; i < 6000; i++) writer.append(topic, 0, 1000, null, `${i} ${value}`)
      await writer.flush()
      const values = await suite.read(topic, 6000)
      assert.deepEqual(
        values.map((text) => Number(text?.split(' ')[0])),
        Array.from({ length: 6000 }, (_, i) => i),
      )
    })

    it('answers a commit with the next offsets of what was written since the last one', async () => {
      const topic = await suite.topic({ partitions: 3 })
      await using writer = await suite.writer([topic])
      writer.append(topic, 0, 1000, null, 'a')
      await writer.flush()
      writer.append(topic, 2, 1000, null, 'b')
      writer.append(topic, 2, 1000, null, 'c')
      assert.deepEqual(Object.fromEntries(await writer.commit()), { [`${topic}/0`]: 1, [`${topic}/2`]: 2 })
      assert.equal((await writer.commit()).size, 0)
    })

    it('takes records up to the limit of the topic', async () => {
      const topic = await suite.topic()
      const value = 'x'.repeat(supports.acceptedValueBytes)
      await using writer = await suite.writer([topic])
      writer.append(topic, 0, 1000, 'small', 'before')
      writer.append(topic, 0, 1000, 'large', value)
      writer.append(topic, 0, 1000, 'small', 'after')
      await writer.flush()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      const values = (await take(reader, 3)).map(valueOf)
      assert.equal(values[0], 'before')
      assert(values[1] === value, 'the large value differs')
      assert.equal(values[2], 'after')
    })

    it('refuses a record that is too large with RECORD_TOO_LARGE, and goes on with others', async () => {
      const topic = await suite.topic()
      await using writer = await suite.writer([topic])
      writer.append(topic, 0, 1000, null, 'before')
      await rejectsWith(
        (async () => writer.append(topic, 0, 1000, null, Buffer.alloc(supports.refusedValueBytes)))(),
        'RECORD_TOO_LARGE',
      )
      writer.append(topic, 0, 1000, null, 'after')
      await writer.flush()
      assert.deepEqual(await suite.read(topic, 2), ['before', 'after'])
    })

    it('sees the records of another writer between its own', async () => {
      const topic = await suite.topic()
      await using one = await suite.writer([topic])
      await using two = await suite.writer([topic])
      for (let i = 0; i < 10; i++) {
        const writer = i % 2 === 0 ? one : two
        writer.append(topic, 0, 1000, null, `value-${i}`)
        await writer.flush()
      }
      assert.deepEqual(await suite.read(topic, 10), numbered(10))
    })
  })
}
