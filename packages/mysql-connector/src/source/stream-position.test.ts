import fc from 'fast-check'
import { GtidSet } from '@vlasky/zongji'
import { describe, expect, it } from 'vitest'
import { compareFileOffsets, gtidTracker } from './stream-position.ts'

const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const B = '4e11fa47-71ca-11e1-9e33-c80aa9429562'

describe('the set of processed transactions', () => {
  it('holds what it began with and what was added, in any order and from several sources', () => {
    const gtid = fc
      .tuple(fc.constantFrom(A, B, `${A}:tag_a`), fc.integer({ min: 1, max: 30 }))
      .map(([source, n]) => `${source}:${n}`)
    fc.assert(
      fc.property(fc.array(gtid, { maxLength: 60 }), fc.nat(10), (added, ask) => {
        const tracker = gtidTracker(false, `${A}:1-5`)
        const set = GtidSet.parse(`${A}:1-5`)
        for (const [i, one] of added.entries()) {
          tracker.add(one)
          set.add(one)
          if (i % (ask + 1) === 0) expect(tracker.toString()).toBe(set.toString())
        }
        expect(tracker.toString()).toBe(set.toString())
      }),
    )
  })

  it('may begin empty', () => {
    const tracker = gtidTracker(false, '')
    expect(tracker.toString()).toBe('')
    tracker.add(`${A}:1`)
    tracker.add(`${A}:2`)
    expect(tracker.toString()).toBe(`${A}:1-2`)
  })

  it('on MariaDB is the last transaction of each domain', () => {
    const tracker = gtidTracker(true, '0-1-7')
    for (const gtid of ['0-1-8', '2-1-1', '2-1-2', '0-2-9']) tracker.add(gtid)
    expect(tracker.toString()).toBe('0-2-9,2-1-2')
  })
})

describe('places in the binlog', () => {
  it('are ordered by file number, then offset', () => {
    const place = (file: string, offset: number): { file: string; offset: number } => ({ file, offset })
    expect(compareFileOffsets(place('b.999999', 9), place('b.1000000', 4))).toBeLessThan(0)
    expect(compareFileOffsets(place('b.000002', 4), place('b.000001', 900))).toBeGreaterThan(0)
    expect(compareFileOffsets(place('b.000002', 4), place('b.000002', 4))).toBe(0)
  })
})
