import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Stream, type Table, type TopologyBuilder, topology } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'
import type { TopologyPlan } from './topology-plan.ts'

interface Click {
  readonly page: string
}
type Clicks = Stream<string, Click>

/** What somebody adds later, after a stream that is there: none of these kinds is among the operators of the topology below. */
const additions: readonly ((clicks: Clicks, suffix: number) => void)[] = [
  (clicks) => clicks.peek(() => {}).to('peeked'),
  (clicks) =>
    clicks
      .filterNot(() => false)
      .groupBy((click) => click.page)
      .count(),
  (clicks, suffix) =>
    clicks
      .selectKey((click) => click.page)
      .groupByKey()
      .count({ as: `added-${suffix}` }),
  (clicks) =>
    clicks
      .flatMapValues((click) => [click])
      .repartition()
      .toTable()
      .groupBy((click) => click.page)
      .count(),
]

/** A topology without a single name in it; `at` is called at every point where something can be added. */
function build(t: TopologyBuilder, at: (point: number, clicks: Clicks) => void): void {
  const clicks = t.stream('clicks', { key: string(), value: json<Click>() })
  at(0, clicks)
  const filtered: Clicks = clicks.filter((click) => click.page !== '')
  at(1, filtered)
  const counts: Table<string, number> = filtered.groupBy((click) => click.page).count()
  at(2, filtered)
  counts
    .filter((count) => count > 1)
    .groupBy((count) => String(count))
    .count()
    .to('histogram')
  at(3, clicks)
  clicks
    .map((click) => [click.page, click])
    .toTable()
    .mapValues((click) => click.page)
    .to('pages')
  at(4, t.stream('other', { key: string(), value: json<Click>() }))
}

function names({ nodes, topics, stores, subtopologies }: TopologyPlan): string[] {
  return [...nodes.keys(), ...topics.keys(), ...stores.keys(), ...subtopologies.map(({ name }) => name)]
}

it('Names of nodes, topics, stores and sub-topologies stay when operators are added elsewhere', () => {
  const before = planTopology(topology('app', (t) => build(t, () => {})))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: additions.length - 1 })), { maxLength: 6 }), (added) => {
      const after = planTopology(
        topology('app', (t) =>
          build(t, (point, clicks) =>
            added.forEach(([where, what], index) => {
              if (where === point) additions[what]?.(clicks, index)
            }),
          ),
        ),
      )
      expect(names(after)).toEqual(expect.arrayContaining(names(before)))
      for (const [name, store] of before.stores) expect(after.stores.get(name)?.operators).toEqual(store.operators)
    }),
  )
})
