import { describe, expect, it } from 'vitest'
import type { GroupMember, MemberInfo, MemberOptions } from '../log.ts'
import { GroupCoordinator } from './group-coordinator.ts'

const NOTHING = new Uint8Array()

describe('a group of the embedded log', () => {
  it('puts out a member that does not join again within its rebalance timeout', async () => {
    const { members, rebalances } = group(2, { rebalanceTimeoutMs: 20 })
    const [silent, other] = members as [GroupMember, GroupMember]
    const { identity } = await silent.join(NOTHING, toAll)
    const joined = await other.join(NOTHING, toAll)
    expect(joined.identity.generation).toBe(identity.generation + 1)
    expect(silent.rebalancing).toBe(true)
    expect(rebalances).toEqual([1, 0])
  })

  it('lets a member that was put out come back', async () => {
    const { coordinator, members } = group(2, { rebalanceTimeoutMs: 20 })
    const [silent, other] = members as [GroupMember, GroupMember]
    const { identity } = await silent.join(NOTHING, toAll)
    await other.join(NOTHING, toAll)
    expect(() => coordinator.check(identity)).toThrow(expect.objectContaining({ code: 'NOT_A_MEMBER' }))
    const [back] = await Promise.all([silent.join(NOTHING, toAll), other.join(NOTHING, toAll)])
    expect(() => coordinator.check(back.identity)).not.toThrow()
  })

  it('goes on without a leader that fails to assign, which gets its error', async () => {
    const { members } = group(2)
    const [leader, other] = members as [GroupMember, GroupMember]
    await leader.join(NOTHING, toAll)
    const joining = other.join(NOTHING, toAll)
    const failing = leader.join(NOTHING, () => {
      throw new Error('cannot assign')
    })
    await expect(failing).rejects.toThrow('cannot assign')
    expect(Buffer.from((await joining).userData).toString()).toBe('1 member')
  })

  it('calls onRebalance once for a round that several members begin', async () => {
    const { members, rebalances } = group(3)
    const [one, two, three] = members as [GroupMember, GroupMember, GroupMember]
    await one.join(NOTHING, toAll)
    const others = [two.join(NOTHING, toAll), three.join(NOTHING, toAll)]
    await Promise.resolve()
    expect(rebalances).toEqual([1, 0, 0])
    const all = await Promise.all([one.join(NOTHING, toAll), ...others])
    expect(new Set(all.map(({ identity }) => identity.generation)).size).toBe(1)
    expect(rebalances).toEqual([1, 0, 0])
  })

  it('does not call onRebalance of a member that joined again by itself before it was called', async () => {
    const { members, rebalances } = group(2)
    const [one, two] = members as [GroupMember, GroupMember]
    await one.join(NOTHING, toAll)
    const second = two.join(NOTHING, toAll)
    await Promise.all([one.join(NOTHING, toAll), second])
    expect(rebalances).toEqual([0, 0])
  })

  it('tells a member of the next round also when it begins as soon as the last one ends', async () => {
    const { members, rebalances } = group(3)
    const [one, two, three] = members as [GroupMember, GroupMember, GroupMember]
    await one.join(NOTHING, toAll)
    const second = two.join(NOTHING, toAll)
    const first = one.join(NOTHING, toAll)
    const third = three.join(NOTHING, toAll)
    await Promise.all([first, second])
    await expect.poll(() => rebalances).toEqual([1, 1, 0])
    await Promise.all([one.join(NOTHING, toAll), two.join(NOTHING, toAll), third])
  })

  it('takes offsets from outside only while nobody is in the group', async () => {
    const { coordinator, members } = group(1)
    const outside = { group: 'group', generation: -1, memberId: '' }
    expect(() => coordinator.check(outside)).not.toThrow()
    await members[0]?.join(NOTHING, toAll)
    expect(() => coordinator.check(outside)).toThrow(expect.objectContaining({ code: 'NOT_A_MEMBER' }))
  })
})

/** Members of one group, and how often each was told of a rebalance. */
function group(
  count: number,
  options: Partial<MemberOptions> = {},
): { coordinator: GroupCoordinator; members: GroupMember[]; rebalances: number[] } {
  const coordinator = new GroupCoordinator()
  const rebalances = Array.from({ length: count }, () => 0)
  const members = rebalances.map((_, index) => {
    const onRebalance = (): void => {
      rebalances[index] = (rebalances[index] ?? 0) + 1
    }
    return coordinator.openMember({ group: 'group', topics: [], onRebalance, ...options })
  })
  return { coordinator, members, rebalances }
}

function toAll(members: readonly MemberInfo[]): ReadonlyMap<string, Uint8Array> {
  return new Map(members.map(({ memberId }) => [memberId, Buffer.from(`${members.length} member`)]))
}
