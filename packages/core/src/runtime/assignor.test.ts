import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AssignorGroup, type AssignorMember, assignTasks } from './assignor.ts'

const groupsOf = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }).map((sizes) =>
  sizes.map((size, group): AssignorGroup => {
    return { name: `g${group}`, tasks: Array.from({ length: size }, (_, p) => `g${group}_${p}`) }
  }),
)

/** Members that claim arbitrary tasks, unknown ones and the same ones among them. */
function membersOf(groups: readonly AssignorGroup[]): fc.Arbitrary<AssignorMember[]> {
  const claim = fc.subarray([...groups.flatMap((group) => group.tasks), 'gone_0'])
  return fc
    .array(fc.record({ owned: claim, state: claim }), { minLength: 1, maxLength: 6 })
    .map((members) => members.map((member, index) => ({ memberId: `m${index}`, ...member })))
}

const clusters = groupsOf.chain((groups) => fc.record({ groups: fc.constant(groups), members: membersOf(groups) }))

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)

describe('assignTasks', () => {
  it('gives every task to exactly one member, whatever the members claim', () => {
    fc.assert(
      fc.property(clusters, ({ groups, members }) => {
        const assigned = [...assignTasks(members, groups).values()].flat()
        expect(assigned.sort()).toEqual(groups.flatMap((group) => [...group.tasks]).sort())
      }),
    )
  })

  it('keeps the members within one task of each other, in each group and in total', () => {
    fc.assert(
      fc.property(clusters, ({ groups, members }) => {
        const assigned = [...assignTasks(members, groups).values()]
        expect(spread(assigned.map((tasks) => tasks.length))).toBeLessThanOrEqual(1)
        for (const group of groups) {
          expect(spread(assigned.map((tasks) => tasks.filter((task) => group.tasks.includes(task)).length))).toBeLessThanOrEqual(
            1,
          )
        }
      }),
    )
  })

  it('moves nothing when neither members nor tasks have changed', () => {
    fc.assert(
      fc.property(clusters, ({ groups, members }) => {
        const first = assignTasks(members, groups)
        const again = members.map((member) => ({ ...member, owned: first.get(member.memberId) ?? [], state: [] }))
        expect(sorted(assignTasks(again.reverse(), groups))).toEqual(sorted(first))
      }),
    )
  })

  it('moves no more than its fair share to a member that joins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20 }), (size, tasks) => {
        const groups = [{ name: 'g', tasks: Array.from({ length: tasks }, (_, p) => `g_${p}`) }]
        const old = Array.from({ length: size }, (_, i) => ({ memberId: `m${i}`, owned: [], state: [] }))
        const first = assignTasks(old, groups)
        const members = old.map((member) => ({ ...member, owned: first.get(member.memberId) ?? [] }))
        const second = assignTasks([...members, { memberId: 'new', owned: [], state: [] }], groups)
        for (const member of members) {
          for (const task of second.get(member.memberId) ?? []) expect(member.owned).toContain(task)
        }
      }),
    )
  })

  it('prefers a member whose state folder has the task', () => {
    const assigned = assignTasks(
      [
        { memberId: 'a', owned: [], state: ['g_1'] },
        { memberId: 'b', owned: [], state: ['g_0'] },
      ],
      [{ name: 'g', tasks: ['g_0', 'g_1'] }],
    )
    expect(assigned).toEqual(
      new Map([
        ['a', ['g_1']],
        ['b', ['g_0']],
      ]),
    )
  })
})

function sorted(assigned: ReadonlyMap<string, readonly string[]>): Record<string, string[]> {
  return Object.fromEntries([...assigned].map(([member, tasks]) => [member, [...tasks].sort()]))
}
