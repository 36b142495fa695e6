import { describe, expect, it } from 'vitest'
import { type TopologyBuilder, topology } from '../dsl/index.ts'
import { int32, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const TEXT = { key: string(), value: string() }
const VERSIONED = { as: 'versions', versioned: 20, value: string() }

type Sent = readonly (readonly [topic: string, value: string | null, timestamp: number])[]

/** What the store `versions` has under `k` in the end: value and time of each version. */
async function versions(build: (t: TopologyBuilder) => void, sent: Sent): Promise<readonly (readonly [unknown, number])[]> {
  await using driver = await TopologyTestDriver.open(topology('versions', build))
  for (const [topic, value, timestamp] of sent) await driver.input(topic, TEXT).pipe('k', value, { timestamp })
  return driver
    .versionedStore('versions')
    .versions('k')
    .map(({ value, validFrom }) => [value, validFrom] as const)
}

describe('a table with a versioned store', () => {
  const outOfOrder: Sent = [
    ['in', 'a', 10],
    ['in', 'c', 30],
    ['in', 'b', 20],
    ['in', 'too old', 9],
  ]

  it('may be a filter: what does not pass leaves a gap', async () => {
    const filtered = (t: TopologyBuilder) => void t.table('in', TEXT).filter((value) => value !== 'b', VERSIONED)
    expect(await versions(filtered, outOfOrder)).toEqual([
      ['a', 10],
      ['c', 30],
    ])
  })

  it('may be made by mapValues and transformValues', async () => {
    const upper = [
      ['A', 10],
      ['B', 20],
      ['C', 30],
    ]
    expect(await versions((t) => void t.table('in', TEXT).mapValues((v) => v.toUpperCase(), VERSIONED), outOfOrder)).toEqual(
      upper,
    )
    const transformed = (t: TopologyBuilder) =>
      void t.table('in', TEXT).transformValues(() => (value: string | null) => value?.toUpperCase() ?? null, VERSIONED)
    expect(await versions(transformed, outOfOrder)).toEqual(upper)
  })

  it('may be an aggregate: each update is a version of its time', async () => {
    const counted = (t: TopologyBuilder) =>
      void t
        .stream('in', TEXT)
        .groupByKey()
        .reduce((all, one) => all + one, VERSIONED)
    expect(await versions(counted, outOfOrder.slice(0, 3))).toEqual([
      ['a', 10],
      ['acb', 30],
    ])
    const grouped = (t: TopologyBuilder) =>
      void t
        .table('in', { ...TEXT, as: 'rows' })
        .groupBy((_value, key) => key, { key: string(), value: string() })
        .aggregate({
          initial: () => '',
          add: (all, one) => all + one,
          subtract: (all, one) => all.replace(one, ''),
          ...VERSIONED,
        })
    const inOrder: Sent = [
      ['in', 'a', 10],
      ['in', 'b', 20],
    ]
    expect(await versions(grouped, inOrder)).toEqual([
      ['a', 10],
      ['b', 20],
    ])
  })

  it('may be a join of tables', async () => {
    const joined = (t: TopologyBuilder) => void t.table('in', TEXT).join(t.table('r', TEXT), (a, b) => a + b, VERSIONED)
    const sent: Sent = [
      ['r', '1', 5],
      ['in', 'a', 10],
      ['r', '2', 30],
    ]
    expect(await versions(joined, sent)).toEqual([
      ['a1', 10],
      ['a2', 30],
    ])
  })

  it('lets streams join with the version of their time, wherever it was made', async () => {
    const program = topology('as-of', (t) => {
      const doubled = t
        .table('in', { key: string(), value: int32() })
        .mapValues((n) => 2 * n, { as: 'doubled', versioned: 20, value: int32() })
      t.stream('s', { key: string(), value: int32() })
        .join(doubled, (n, m) => n + m, { grace: 5, value: int32() })
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(program)
    const [rows, stream] = [driver.input<string, number>('in'), driver.input<string, number>('s')]
    await rows.pipe('k', 1, { timestamp: 10 })
    await rows.pipe('k', 2, { timestamp: 20 })
    await stream.pipe('k', 100, { timestamp: 15 })
    await stream.pipe('k', 200, { timestamp: 30 })
    await stream.pipe('k', 300, { timestamp: 40 })
    expect(
      driver
        .output<string, number>('out')
        .readAll()
        .map(({ value }) => value),
    ).toEqual([102, 204])
  })
})
