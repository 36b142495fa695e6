import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SortedMap } from './sorted-map.ts'

const key = fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes))

function describeEntries(entries: readonly (readonly [Buffer, number])[]): string {
  return entries.map(([at, value]) => `${at.toString('hex')}=${value}`).join(' ')
}

describe('SortedMap', () => {
  it('agrees with a sorted plain map, and its walks with the moment at which they began', () => {
    const step = fc.oneof(
      { weight: 60, arbitrary: fc.record({ do: fc.constant('set' as const), key }) },
      { weight: 30, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('walk' as const),
          gte: fc.option(key, { nil: undefined }),
          lt: fc.option(key, { nil: undefined }),
          reverse: fc.boolean(),
        }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2500, size: 'max' }), (steps) => {
        const map = new SortedMap<number>()
        const model = new Map<string, number>()
        const walks: [Iterable<readonly [Buffer, number]>, string][] = []
        for (const [i, taken] of steps.entries()) {
          if (taken.do === 'set') {
            map.set(taken.key, i)
            model.set(taken.key.toString('hex'), i)
          } else if (taken.do === 'delete') {
            map.delete(taken.key)
            model.delete(taken.key.toString('hex'))
          } else {
            const { gte, lt, reverse } = taken
            const expected = [...model]
              .map(([hex, value]) => [Buffer.from(hex, 'hex'), value] as const)
              .filter(([at]) => (gte === undefined || gte.compare(at) <= 0) && (lt === undefined || at.compare(lt) < 0))
              .sort(([a], [b]) => (reverse ? b.compare(a) : a.compare(b)))
            const bounds = { ...(gte === undefined ? {} : { gte }), ...(lt === undefined ? {} : { lt }) }
            walks.push([map.entries({ ...bounds, reverse }), describeEntries(expected)])
          }
        }
        for (const [walk, expected] of walks) expect(describeEntries([...walk])).toBe(expected)
        expect(map.size).toBe(model.size)
        for (const [hex, value] of model) if (map.get(Buffer.from(hex, 'hex')) !== value) expect.fail(`get(${hex})`)
      }),
      { numRuns: 20 },
    )
  })
})
