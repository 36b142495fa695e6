import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Assignment, kafkaLog, type GroupMember, type Log } from '@millrace/core'
import { uniqueName } from '../support/unique-name.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('a group on Kafka', () => {
  let log: Log

  beforeAll(() => {
    log = kafkaLog({ brokers: inject('kafkaBrokers') })
  })
  afterAll(() => log.close())

  it('excludes a member that stalls past its session timeout; it learns of it, and joins again', async () => {
    const topic = uniqueName('groups')
    await log.admin.createTopics([{ topic, partitions: 1, cleanup: 'delete' }])
    let rebalances = 0
    const member = await log.openMember({
      group: uniqueName('group'),
      topics: [topic],
      sessionTimeoutMs: 1000,
      onRebalance: () => void rebalances++,
    })
    const { identity } = await join(member)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
    const writer = await log.openWriter({ name: 'test', transactionalId: uniqueName('tx') })
    const offsets = new Map([[`${topic}/0`, 1]])
    await expect(writer.commit({ identity, offsets })).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
    await waitUntil(() => member.rebalancing, { what: 'the member is told' })
    expect(rebalances).toBe(1)
    const again = await join(member)
    await writer.commit({ identity: again.identity, offsets })
    expect((await log.admin.committedOffsets(identity.group, [{ topic, partition: 0 }])).offsets).toEqual(offsets)
    await writer.close()
    await member.leave()
  })

  it('keeps a member through heartbeats, also while another one is slow to rejoin', async () => {
    const group = uniqueName('group')
    const options = { group, topics: [], sessionTimeoutMs: 1500, onRebalance: () => {} }
    const [one, two] = [await log.openMember(options), await log.openMember(options)]
    await join(one)
    const joining = join(two)
    await waitUntil(() => one.rebalancing, { what: 'the first is told' })
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const [first, second] = await Promise.all([join(one), joining])
    expect(first.identity.generation).toBe(second.identity.generation)
    await one.leave()
    await two.leave()
  })

  it('gives a member with an instance id its place back without a rebalance of the others', async () => {
    const group = uniqueName('group')
    let rebalances = 0
    const other = await log.openMember({ group, topics: [], onRebalance: () => void rebalances++ })
    const before = await log.openMember({ group, topics: [], instanceId: 'static', onRebalance: () => {} })
    await join(other)
    const joining = join(before)
    await waitUntil(() => other.rebalancing, { what: 'the other is told' })
    const [{ identity }] = await Promise.all([joining, join(other)])
    expect(rebalances).toBe(1)
    const after = await log.openMember({ group, topics: [], instanceId: 'static', onRebalance: () => {} })
    const back = await join(after)
    expect(back.identity.generation).toBe(identity.generation)
    expect(back.identity.memberId).not.toBe(identity.memberId)
    expect(other.rebalancing).toBe(false)
    await after.leave()
    await other.leave()
  })

  it('shows the topics of its subscription to tools', async () => {
    const { Kafka, AssignerProtocol, logLevel } = await import('kafkajs')
    const [group, topic] = [uniqueName('group'), uniqueName('groups')]
    const member = await log.openMember({ group, topics: [topic], onRebalance: () => {} })
    await join(member)
    const admin = new Kafka({ brokers: inject('kafkaBrokers'), logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const description = (await admin.describeGroups([group])).groups[0]
    const metadata = description?.members[0]?.memberMetadata
    expect(description?.protocolType).toBe('consumer')
    expect(metadata && AssignerProtocol.MemberMetadata.decode(metadata)?.topics).toEqual([topic])
    await admin.disconnect()
    await member.leave()
  })
})

/** Everybody gets an empty assignment. */
async function join(member: GroupMember): Promise<Assignment> {
  const nothing = new Uint8Array()
  return await member.join(nothing, (members) => new Map(members.map(({ memberId }) => [memberId, nothing])))
}
