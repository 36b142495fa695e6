import { describe, expect, it } from 'vitest'
import type { Connector } from '../connect/connector.ts'
import { type TopologyBuilder, topology } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'
import { resolvePartitions } from './resolve-partitions.ts'

const serdes = { key: string(), value: json<{ page: string }>() }
const connector = { name: 'test' } as Connector

function resolve(known: Readonly<Record<string, number>>, build: (t: TopologyBuilder) => void): Record<string, number> {
  const plan = planTopology(topology('app', build))
  return Object.fromEntries(resolvePartitions(plan, new Map(Object.entries(known)), { partitions: 4 }))
}

describe('resolvePartitions', () => {
  it('gives internal topics as many partitions as their writers have tasks', () => {
    const counts = resolve({ clicks: 3, out: 1 }, (t) => {
      t.stream('clicks', serdes)
        .groupBy((click) => click.page)
        .count({ as: 'a' })
        .groupBy((count) => String(count))
        .count({ as: 'b' })
        .to('out')
    })
    expect(counts).toEqual({
      clicks: 3,
      out: 1,
      'app-a-repartition': 3,
      'app-a-changelog': 3,
      'app-b-repartition': 3,
      'app-b-changelog': 3,
    })
  })

  it('gives a repartition topic what was asked for, and its readers as many tasks', () => {
    const counts = resolve({ clicks: 3 }, (t) => {
      t.stream('clicks', serdes).repartition({ name: 'r', partitions: 8 }).groupByKey().count({ as: 'c' })
    })
    expect(counts).toMatchObject({ 'app-r-repartition': 8, 'app-c-changelog': 8 })
  })

  it('gives feeds what they ask for, else the default, else what they have; views follow their writer', () => {
    const build = (partitions?: number) => (t: TopologyBuilder) =>
      t
        .stream({ feed: { connector, name: 'f', spec: 1 }, ...serdes, ...(partitions !== undefined && { partitions }) })
        .to({ view: { connector, name: 'v', spec: 1 } })
    expect(resolve({}, build())).toEqual({ 'app-f-feed': 4, 'app-v-view': 4 })
    expect(resolve({}, build(2))).toEqual({ 'app-f-feed': 2, 'app-v-view': 2 })
    expect(resolve({ 'app-f-feed': 6, 'app-v-view': 1 }, build(2))).toEqual({ 'app-f-feed': 6, 'app-v-view': 1 })
  })

  it('settles repartition topics whose writers read each other', () => {
    const counts = resolve({ clicks: 3 }, (t) => {
      const clicks = t.stream('clicks', serdes).repartition({ name: 'near' })
      const again = clicks.selectKey((click) => click.page).repartition({ name: 'far' })
      clicks
        .groupByKey()
        .cogroup((total: number) => total + 1)
        .cogroup(
          clicks.groupBy((click) => click.page),
          (total) => total + 1,
        )
        .cogroup(
          again.groupBy((click) => click.page),
          (total) => total + 1,
        )
        .aggregate({ as: 'c', initial: () => 0 })
    })
    expect(counts).toMatchObject({ 'app-near-repartition': 3, 'app-far-repartition': 3, 'app-c-changelog': 3 })
    expect(Object.values(counts)).not.toContain(0)
  })

  it('fits a repartition topic to the topic that it is merged with', () => {
    const counts = resolve({ web: 5, app: 2 }, (t) => {
      const app = t
        .stream('app', serdes)
        .selectKey((click) => click.page)
        .repartition({ name: 'r' })
      t.stream('web', serdes).merge(app).groupByKey().count({ as: 'c' })
    })
    expect(counts).toMatchObject({ 'app-r-repartition': 5, 'app-c-changelog': 5 })
  })

  it('gives repartition topics that are merged with each other the larger count', () => {
    const counts = resolve({ web: 5, app: 2 }, (t) => {
      const app = t
        .stream('app', serdes)
        .selectKey((click) => click.page)
        .repartition({ name: 'a' })
      const web = t
        .stream('web', serdes)
        .selectKey((click) => click.page)
        .repartition({ name: 'w' })
      app.merge(web).groupByKey().count({ as: 'c' })
    })
    expect(counts).toMatchObject({ 'app-a-repartition': 5, 'app-w-repartition': 5, 'app-c-changelog': 5 })
  })
})

describe('co-partitioning', () => {
  const merged = (t: TopologyBuilder) => t.stream('web', serdes).merge(t.stream('app', serdes))

  it('is refused when streams that are merged and grouped differ, with topics, counts and operator', () => {
    const refused = (): unknown => resolve({ web: 3, app: 2 }, (t) => void merged(t).groupByKey().count({ as: 'c' }))
    expect(refused).toThrow(expect.objectContaining({ code: 'NOT_COPARTITIONED' }))
    expect(refused).toThrow(/"web\/merge\/count" gets .* "web" \(3 partitions\) and "app" \(2 partitions\)/)
  })

  it('is refused for toTable too, and for a repartition topic with a count of its own', () => {
    expect(() => resolve({ web: 3, app: 2 }, (t) => void merged(t).toTable({ as: 'latest' }))).toThrow(/"web\/merge\/to-table"/)
    expect(() =>
      resolve({ web: 3, app: 2 }, (t) => {
        const app = t.stream('app', serdes).repartition({ name: 'r', partitions: 4 })
        t.stream('web', serdes).merge(app).groupByKey().count({ as: 'c' })
      }),
    ).toThrow(/"app-r-repartition" \(4 partitions\)/)
  })

  it('is not asked for where nothing relies on it', () => {
    const counts = { web: 3, app: 2 }
    expect(() => resolve(counts, (t) => merged(t).to('out'))).not.toThrow()
    expect(() =>
      resolve(
        counts,
        (t) =>
          void merged(t)
            .groupBy((click) => click.page)
            .count({ as: 'c' }),
      ),
    ).not.toThrow()
    expect(() => resolve(counts, (t) => void merged(t).repartition().groupByKey().count({ as: 'c' }))).not.toThrow()
    expect(() => resolve({ web: 3, app: 3 }, (t) => void merged(t).groupByKey().count({ as: 'c' }))).not.toThrow()
  })
})
