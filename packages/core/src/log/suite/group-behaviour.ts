import assert from 'node:assert/strict'
import { rejectsWith, type SuiteLog, type SuiteMember, until, WORK } from './suite-log.ts'
import type { SuiteRunner } from './suite-runner.ts'

export function groupBehaviour({ describe, it }: SuiteRunner, suite: SuiteLog): void {
  describe('group', () => {
    it('gives everything to its only member, whose user data reaches the leader', async () => {
      const group = suite.name('group')
      await using member = await suite.member({ group })
      const { assignment, work, seen } = await member.join('one')
      assert.deepEqual(work, WORK)
      assert.deepEqual(seen, ['one'])
      assert.equal(assignment.identity.group, group)
      assert.equal(member.member.rebalancing, false)
      assert.equal(member.rebalances, 0)
    })

    it('splits the work between two members, after telling the first one to rejoin, once', async () => {
      const group = suite.name('group')
      await using one = await suite.member({ group })
      await using two = await suite.member({ group })
      const alone = await one.join('one')
      const [first, second] = await joinTogether(one, two)
      assert.deepEqual([...first.work, ...second.work].sort(), WORK)
      assert.equal(first.work.length, 2)
      assert.deepEqual(first.seen, ['one', 'two'])
      assert.equal(first.assignment.identity.generation, second.assignment.identity.generation)
      assert(first.assignment.identity.generation > alone.assignment.identity.generation)
      assert.notEqual(first.assignment.identity.memberId, second.assignment.identity.memberId)
      assert.equal(one.rebalances, 1)
      assert.equal(two.rebalances, 0)
      assert.equal(one.member.rebalancing, false)
    })

    it('rebalances when a member leaves', async () => {
      const group = suite.name('group')
      await using one = await suite.member({ group })
      const two = await suite.member({ group })
      await one.join('one')
      await joinTogether(one, two)
      await two.member.leave()
      await until('the one that stays is told', () => one.member.rebalancing)
      assert.deepEqual((await one.join('one')).work, WORK)
      assert.equal(one.rebalances, 2)
    })

    it('lets a member commit until the next generation begins, and not after', async () => {
      const [topic, group] = [await suite.topic(), suite.name('group')]
      await using one = await suite.member({ group })
      await using two = await suite.member({ group })
      await using writer = await suite.writer([topic], suite.name('tx'))
      const { identity } = (await one.join('one')).assignment
      const joining = two.join('two')
      await until('the first is told', () => one.member.rebalancing)
      writer.append(topic, 0, 1000, null, 'before the barrier')
      await writer.commit({ identity, offsets: new Map([[`${topic}/0`, 1]]) })
      const [{ assignment }] = await Promise.all([one.join('one'), joining])
      writer.append(topic, 0, 1000, null, 'of the past')
      const stale = writer.commit({ identity, offsets: new Map([[`${topic}/0`, 2]]) })
      await rejectsWith(stale, 'NOT_A_MEMBER', 'REBALANCE_IN_PROGRESS', 'FENCED')
      assert.equal(await suite.committed(group, topic), 1)
      await writer.commit({ identity: assignment.identity, offsets: new Map([[`${topic}/0`, 3]]) })
      assert.equal(await suite.committed(group, topic), 3)
      assert.deepEqual(await suite.read(topic, 1), ['before the barrier'])
    })

    it('refuses the commit of a member that has left', async () => {
      const [topic, group] = [await suite.topic(), suite.name('group')]
      const member = await suite.member({ group })
      const { identity } = (await member.join('one')).assignment
      await member.member.leave()
      await using writer = await suite.writer([topic], suite.name('tx'))
      const refused = writer.commit({ identity, offsets: new Map([[`${topic}/0`, 1]]) })
      await rejectsWith(refused, 'NOT_A_MEMBER', 'REBALANCE_IN_PROGRESS', 'FENCED')
      assert.equal(await suite.committed(group, topic), undefined)
    })

    it('checks the member also for a writer without transactions', async () => {
      const [topic, group] = [await suite.topic(), suite.name('group')]
      await using member = await suite.member({ group })
      const { identity } = (await member.join('one')).assignment
      await using writer = await suite.writer([topic])
      await writer.commit({ identity, offsets: new Map([[`${topic}/0`, 4]]) })
      assert.equal(await suite.committed(group, topic), 4)
      const stale = { ...identity, memberId: `${identity.memberId}-other` }
      const refused = writer.commit({ identity: stale, offsets: new Map([[`${topic}/0`, 5]]) })
      await rejectsWith(refused, 'NOT_A_MEMBER', 'REBALANCE_IN_PROGRESS', 'FENCED')
      assert.equal(await suite.committed(group, topic), 4)
    })

    const keepsMetadata = async (transactional: boolean): Promise<void> => {
      const [topic, group] = [await suite.topic({ partitions: 2 }), suite.name('group')]
      await using member = await suite.member({ group })
      const { identity } = (await member.join('only')).assignment
      await using writer = await suite.writer([topic], transactional ? suite.name('tx') : undefined)
      const [first, second] = [`${topic}/0`, `${topic}/1`] as const
      const offsets = new Map([
        [first, 1],
        [second, 1],
      ])
      await writer.commit({ identity, offsets, metadata: new Map([[first, 'seen 10:00 · ✓']]) })
      assert.equal(await suite.committedMetadata(group, topic, 0), 'seen 10:00 · ✓')
      assert.equal(await suite.committedMetadata(group, topic, 1), undefined)
      await writer.commit({ identity, offsets: new Map([[first, 2]]) })
      assert.equal(await suite.committed(group, topic, 0), 2)
      assert.equal(await suite.committedMetadata(group, topic, 0), undefined)
    }
    it('keeps the text that a transaction commits beside an offset', () => keepsMetadata(true))
    it('keeps the text that is committed beside an offset at-least-once', () => keepsMetadata(false))

    it('keeps groups apart, and keeps the offsets of a group without members', async () => {
      const [topic, one, two] = [await suite.topic(), suite.name('group'), suite.name('group')]
      await using writer = await suite.writer([topic], suite.name('tx'))
      for (const [group, offset] of [
        [one, 1],
        [two, 2],
      ] as const) {
        const member = await suite.member({ group })
        const { identity } = (await member.join('only')).assignment
        await writer.commit({ identity, offsets: new Map([[`${topic}/0`, offset]]) })
        await member.member.leave()
      }
      assert.equal(await suite.committed(one, topic), 1)
      assert.equal(await suite.committed(two, topic), 2)
    })

    it('fences a member when another one takes its instance id', async () => {
      const [topic, group] = [await suite.topic(), suite.name('group')]
      const zombie = await suite.member({ group, instanceId: 'instance' })
      const { identity } = (await zombie.join('zombie')).assignment
      assert.equal(identity.instanceId, 'instance')
      const successor = await suite.member({ group, instanceId: 'instance' })
      const replaced = (await successor.join('successor')).assignment
      await using writer = await suite.writer([topic], suite.name('tx'))
      await rejectsWith(writer.commit({ identity, offsets: new Map([[`${topic}/0`, 1]]) }), 'FENCED')
      await rejectsWith(zombie.join('zombie'), 'FENCED')
      await writer.commit({ identity: replaced.identity, offsets: new Map([[`${topic}/0`, 2]]) })
      assert.equal(await suite.committed(group, topic), 2)
      await successor.member.leave()
    })
  })
}

type Joined = Awaited<ReturnType<SuiteMember['join']>>

/** `one` is in the group, `two` comes in. */
async function joinTogether(one: SuiteMember, two: SuiteMember): Promise<readonly [Joined, Joined]> {
  const joining = two.join('two')
  await until('the first is told to rejoin', () => one.member.rebalancing)
  return Promise.all([one.join('one'), joining])
}
