import { describe, expect, it } from 'vitest'
import type { Checkpoint } from '@millrace/state-store'
import { type LogOffsets, planRestore } from './restore-plan.ts'
import type { StreamTaskSpec } from './task-spec.ts'

const spec: StreamTaskSpec = {
  kind: 'stream',
  id: 'in_0',
  subtopology: { name: 'in', nodes: [], sourceTopics: ['in'], sinkTopics: [], stores: ['a', 'b'], copartitioned: [] },
  partition: 0,
  inputs: [{ topic: 'in', partition: 0 }],
  changelogs: [
    { store: 'a', topic: 'log-a', partition: 0, inMemory: false, isInput: false },
    { store: 'b', topic: 'log-b', partition: 0, inMemory: false, isInput: false },
  ],
}

const offsets = (ends: readonly [number, number], committed: number, beginning = 0): LogOffsets => ({
  beginning: new Map([
    ['log-a/0', beginning],
    ['log-b/0', 0],
  ]),
  end: new Map([
    ['log-a/0', ends[0]],
    ['log-b/0', ends[1]],
  ]),
  committed: new Map([['in/0', committed]]),
})

const checkpoint = (a: number, b: number, input: number): Checkpoint => ({
  changelogs: { 'log-a/0': a, 'log-b/0': b },
  inputs: { 'in/0': input },
})

const ranges = (...args: Parameters<typeof planRestore>): readonly (readonly [number, number])[] =>
  planRestore(...args).replays.map(({ from, to }) => [from, to] as const)

describe('planRestore', () => {
  it('replays everything into new state', () => {
    expect(ranges(spec, null, offsets([9, 5], 3, 2), 'exactly-once')).toEqual([
      [2, 9],
      [0, 5],
    ])
  })

  it('replays what is beyond the checkpoint', () => {
    expect(ranges(spec, checkpoint(7, 5, 3), offsets([9, 5], 4), 'exactly-once')).toEqual([
      [7, 9],
      [5, 5],
    ])
  })

  it('replays the whole changelog of a store in memory, wherever it begins by now', () => {
    const changelogs = spec.changelogs.map((changelog) => ({ ...changelog, inMemory: changelog.store === 'a' }))
    expect(planRestore({ ...spec, changelogs }, checkpoint(2, 5, 3), offsets([9, 5], 3, 4), 'at-least-once')).toEqual({
      replays: [expect.objectContaining({ store: 'a', from: 4, to: 9 }), expect.objectContaining({ store: 'b', from: 5, to: 5 })],
    })
  })

  it('leaves out, under at-least-once, what was written after the offsets that both sides agree on', () => {
    expect(ranges(spec, checkpoint(7, 5, 3), offsets([9, 5], 3), 'at-least-once')).toEqual([
      [7, 7],
      [5, 5],
    ])
    expect(ranges(spec, checkpoint(7, 5, 3), offsets([9, 5], 4), 'at-least-once')[0]).toEqual([7, 9])
  })

  it('rebuilds all stores of the task when one is ahead of its changelog, or its changelog begins later', () => {
    const ahead = planRestore(spec, checkpoint(7, 6, 3), offsets([9, 5], 3), 'exactly-once')
    expect(ahead.wipe).toContain('store "b" is at offset 6 of its changelog log-b/0, which ends at 5')
    expect(ahead.replays.map(({ from, to }) => [from, to])).toEqual([
      [0, 9],
      [0, 5],
    ])
    expect(planRestore(spec, checkpoint(7, 5, 3), offsets([9, 5], 3, 8), 'exactly-once').wipe).toContain('begins at 8 by now')
  })

  it('refuses to take an empty changelog for empty state', () => {
    expect(() => planRestore(spec, checkpoint(7, 5, 3), offsets([0, 5], 3), 'exactly-once')).toThrow('that topic is empty')
  })

  it('refuses state whose place in the input the group has forgotten: the beginning would be counted once more', () => {
    const forgotten = { ...offsets([9, 5], 3), committed: new Map() }
    expect(() => planRestore(spec, checkpoint(7, 5, 3), forgotten, 'exactly-once')).toThrow(
      /no offset for in\/0 any more, though the state of task in_0 was last written at offset 3 .*--to-offset 3 --topic in:0/,
    )
    expect(planRestore(spec, null, forgotten, 'exactly-once').wipe).toBeUndefined()
    expect(planRestore(spec, checkpoint(7, 5, 0), forgotten, 'exactly-once').wipe).toBeUndefined()
    // There the checkpoint says where to go on.
    expect(planRestore(spec, checkpoint(7, 5, 3), forgotten, 'at-least-once').wipe).toBeUndefined()
  })
})
