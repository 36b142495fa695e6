import assert from 'node:assert/strict'
import { expectSilence, numbered, rejectsWith, type SuiteLog, take, until, valueOf } from './suite-log.ts'
import type { SuiteRunner } from './suite-runner.ts'

export function transactionBehaviour({ describe, it }: SuiteRunner, suite: SuiteLog): void {
  describe('transactional writer', () => {
    it('shows its records when it commits, not before', async () => {
      const topic = await suite.topic()
      await using writer = await suite.writer([topic], suite.name('tx'))
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      for (const value of numbered(10)) writer.append(topic, 0, 1000, null, value)
      await writer.flush()
      await expectSilence(reader)
      assert.equal(await suite.endOffset(topic), 0)
      await writer.commit()
      assert.deepEqual((await take(reader, 10)).map(valueOf), numbered(10))
    })

    it('shows nothing of an aborted transaction', async () => {
      const topic = await suite.topic()
      await using writer = await suite.writer([topic], suite.name('tx'))
      writer.append(topic, 0, 1000, null, 'aborted, sent')
      await writer.flush()
      writer.append(topic, 0, 1000, null, 'aborted, not sent')
      await writer.abort()
      assert.equal(writer.pendingBytes, 0)
      writer.append(topic, 0, 1000, null, 'committed')
      await writer.commit()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      assert.deepEqual((await take(reader, 1)).map(valueOf), ['committed'])
      await expectSilence(reader)
    })

    it('commits records of several topics and partitions, one transaction after the other', async () => {
      const [one, two] = [await suite.topic({ partitions: 2 }), await suite.topic()]
      await using writer = await suite.writer([one, two], suite.name('tx'))
      for (let i = 0; i < 20; i++) {
        writer.append(one, 0, 1000, null, `value-${i}`)
        writer.append(one, 1, 1000, null, `value-${i}`)
        writer.append(two, 0, 1000, null, `value-${i}`)
        await writer.commit()
      }
      assert.deepEqual(await suite.read(one, 20, 0), numbered(20))
      assert.deepEqual(await suite.read(one, 20, 1), numbered(20))
      assert.deepEqual(await suite.read(two, 20), numbered(20))
    })

    it('answers a commit with the next offsets, which are the end offsets', async () => {
      const topic = await suite.topic({ partitions: 3 })
      await using writer = await suite.writer([topic], suite.name('tx'))
      for (let round = 0; round < 3; round++) {
        writer.append(topic, 0, 1000, null, 'a')
        writer.append(topic, 2, 1000, null, 'b')
        const next = await writer.commit()
        assert.deepEqual([...next.keys()].sort(), [`${topic}/0`, `${topic}/2`])
        await until('the end offsets are those of the commit', async () => {
          const ends = [await suite.endOffset(topic, 0), await suite.endOffset(topic, 2)]
          return ends[0] === next.get(`${topic}/0`) && ends[1] === next.get(`${topic}/2`)
        })
      }
      assert.equal((await writer.commit()).size, 0)
      assert.equal(await suite.endOffset(topic, 1), 0)
    })

    it('moves the position of a reader at the end over everything that a commit wrote', async () => {
      const topic = await suite.topic()
      await using writer = await suite.writer([topic], suite.name('tx'))
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      writer.append(topic, 0, 1000, null, 'a')
      const next = (await writer.commit()).get(`${topic}/0`)
      let position = 0
      await until('the reader is at the end', async () => {
        for (const batch of await reader.poll(100)) position = batch.nextOffset
        return position === next
      })
    })

    it('commits offsets together with its records', async () => {
      const [input, topic, group] = [await suite.topic(), await suite.topic(), suite.name('group')]
      await using member = await suite.member({ group })
      const { identity } = (await member.join('member')).assignment
      await using writer = await suite.writer([topic], suite.name('tx'))
      writer.append(topic, 0, 1000, null, 'a')
      await writer.commit({
        identity,
        offsets: new Map([
          [`${input}/0`, 7],
          [`${topic}/0`, 1],
        ]),
      })
      assert.equal(await suite.committed(group, input), 7)
      assert.equal(await suite.committed(group, topic), 1)
      assert.deepEqual(await suite.read(topic, 1), ['a'])
      await writer.commit({ identity, offsets: new Map([[`${topic}/0`, 5]]) })
      assert.equal(await suite.committed(group, topic), 5)
      assert.equal(await suite.committed(suite.name('group'), topic), undefined)
    })

    it('writes neither records nor offsets when the member may not commit', async () => {
      const [topic, group] = [await suite.topic(), suite.name('group')]
      await using member = await suite.member({ group })
      const { identity } = (await member.join('member')).assignment
      await using writer = await suite.writer([topic], suite.name('tx'))
      writer.append(topic, 0, 1000, null, 'lost')
      const stale = { ...identity, generation: identity.generation - 1 }
      const refused = writer.commit({ identity: stale, offsets: new Map([[`${topic}/0`, 3]]) })
      await rejectsWith(refused, 'NOT_A_MEMBER', 'REBALANCE_IN_PROGRESS', 'FENCED')
      assert.equal(await suite.committed(group, topic), undefined)
      writer.append(topic, 0, 1000, null, 'kept')
      await writer.commit({ identity, offsets: new Map([[`${topic}/0`, 3]]) })
      assert.deepEqual(await suite.read(topic, 1), ['kept'])
      assert.equal(await suite.committed(group, topic), 3)
    })

    it('is fenced by a later writer of its transactional id, which aborts what it left open', async () => {
      const [topic, transactionalId] = [await suite.topic(), suite.name('tx')]
      const zombie = await suite.writer([topic], transactionalId)
      zombie.append(topic, 0, 1000, null, 'first')
      await zombie.commit()
      zombie.append(topic, 0, 1000, null, 'left open')
      await zombie.flush()
      await using successor = await suite.writer([topic], transactionalId)
      zombie.append(topic, 0, 1000, null, 'after')
      await rejectsWith(zombie.commit(), 'FENCED')
      successor.append(topic, 0, 1000, null, 'second')
      await successor.commit()
      await using reader = await suite.reader({ [`${topic}/0`]: 0 })
      assert.deepEqual((await take(reader, 2)).map(valueOf), ['first', 'second'])
      await expectSilence(reader)
      await zombie.close()
    })

    it('is not fenced by a writer of another transactional id', async () => {
      const topic = await suite.topic()
      await using one = await suite.writer([topic], suite.name('tx'))
      await using two = await suite.writer([topic], suite.name('tx'))
      one.append(topic, 0, 1000, null, 'value-0')
      await one.commit()
      two.append(topic, 0, 1000, null, 'value-1')
      await two.commit()
      one.append(topic, 0, 1000, null, 'value-2')
      await one.commit()
      assert.deepEqual(await suite.read(topic, 3), numbered(3))
    })

    it('writes transactions of many batches', async () => {
      const topic = await suite.topic({ partitions: 2 })
      await using writer = await suite.writer([topic], suite.name('tx'))
      const value = 'x'.repeat(500)
      for (let i = 0; i < 10_000; i++) writer.append(topic, i % 2, 1000 + i, `key-${i}`, value)
      await writer.commit()
      await using reader = await suite.reader({ [`${topic}/0`]: 0, [`${topic}/1`]: 0 })
      const keys = new Set((await take(reader, 10_000)).map(({ key }) => key?.toString()))
      assert.equal(keys.size, 10_000)
    })
  })
}
