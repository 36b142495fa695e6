import { describe, expect, it } from 'vitest'
import { type Topology, topology, type TopologyBuilder } from '../dsl/index.ts'
import { nullable, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'
import { planTopology } from './plan-topology.ts'
import { topicsOf } from './test-support/orders.ts'

const TEXT = { key: string(), value: string() }

const INPUT = [
  ['a', 'xy', 1],
  ['b', 'yx', 2],
  ['a', 'x', 3],
  ['c', 'zz', 4],
  ['a', 'xz', 9],
] as const

/** Repartition and changelog topics. */
function internalTopics(program: Topology, optimize: boolean): readonly string[] {
  return topicsOf(planTopology(program, { app: 'app', optimize }), 'repartition', 'changelog')
}

async function answers(program: Topology, optimize: boolean): Promise<readonly unknown[]> {
  await using driver = await TopologyTestDriver.open(program, { optimize })
  for (const [key, value, timestamp] of INPUT) await driver.input('in', TEXT).pipe(key, value, { timestamp })
  return driver.output('out', { key: string(), value: nullable(string()) }).readAll()
}

interface Comparison {
  readonly topics: { readonly before: readonly string[]; readonly after: readonly string[] }
  readonly plain: readonly unknown[]
  readonly optimised: readonly unknown[]
}

/** Topics and answers without and with optimising. */
async function compare(build: (t: TopologyBuilder) => void): Promise<Comparison> {
  const program = topology('app', build)
  const plain = await answers(program, false)
  if (plain.length === 0) throw new Error('there is nothing to compare')
  const topics = { before: internalTopics(program, false), after: internalTopics(program, true) }
  return { topics, plain, optimised: await answers(program, true) }
}

describe('optimising', () => {
  it('restores a table from its own topic instead of a changelog', async () => {
    const { topics, plain, optimised } = await compare((t) => t.table('in', { ...TEXT, as: 'rows' }).to('out'))
    expect(topics).toEqual({ before: ['app-rows-changelog'], after: [] })
    expect(optimised).toEqual(plain)
  })

  it('keeps the changelog of a table whose topic is not what the table is', () => {
    const program = topology('app', (t) => {
      t.table('in', { ...TEXT, as: 'timed', timestamp: () => 7 }).to('out')
      t.table('checked', { ...TEXT, as: 'checked', onInvalid: 'skip' }).to('out')
      t.table('late', { ...TEXT, as: 'late', startFrom: 'latest' }).to('out')
    })
    expect(internalTopics(program, true)).toEqual(internalTopics(program, false))
  })

  it('gives the operators that need a stream by its new key one repartition topic', async () => {
    const { topics, plain, optimised } = await compare((t) => {
      const byFirst = t.stream('in', TEXT).selectKey((value) => value.slice(0, 1))
      byFirst.groupByKey().count({ as: 'counts' })
      byFirst
        .filter((value) => value !== 'zz')
        .groupByKey()
        .reduce((a, b) => a + b, { as: 'joined' })
        .to('out')
    })
    expect(topics).toEqual({
      before: ['app-counts-repartition', 'app-counts-changelog', 'app-joined-repartition', 'app-joined-changelog'],
      after: ['app-counts-repartition', 'app-counts-changelog', 'app-joined-changelog'],
    })
    expect(optimised).toEqual(plain)
  })

  it('repartitions what was merged of streams with new keys behind the merge', async () => {
    const { topics, plain, optimised } = await compare((t) => {
      const source = t.stream('in', TEXT)
      const merged = source.selectKey((value) => value.slice(0, 1)).merge(source.selectKey((value) => value.slice(-1)))
      merged
        .groupByKey()
        .reduce((a, b) => a + b, { as: 'one' })
        .to('out')
      merged.groupByKey().count({ as: 'two' })
    })
    expect(topics).toEqual({
      before: ['app-one-repartition', 'app-one-changelog', 'app-two-repartition', 'app-two-changelog'],
      after: ['app-one-repartition', 'app-one-changelog', 'app-two-changelog'],
    })
    expect(optimised).toEqual(plain)
  })

  it('leaves repartition topics where values change before them', () => {
    const program = topology('app', (t) => {
      const byFirst = t.stream('in', TEXT).selectKey((value) => value.slice(0, 1))
      byFirst
        .mapValues((value) => value.length)
        .groupByKey()
        .count({ as: 'lengths' })
      byFirst
        .mapValues((value) => value.length)
        .groupByKey()
        .count({ as: 'again' })
    })
    expect(internalTopics(program, true)).toEqual(internalTopics(program, false))
  })

  it('leaves repartition topics behind a processor, and so the order of what comes out', async () => {
    const { topics, plain, optimised } = await compare((t) => {
      const source = t.stream('in', TEXT)
      const moved = source.process<string, string>((context) => (record) => context.forward(record), { ...TEXT, name: 'moved' })
      moved.groupByKey().count({ as: 'counts' })
      const merged = source.merge(moved)
      source.join(merged, (a, b) => `${a}+${b}`, { within: 10, as: 'pairs', value: string() }).to('out')
    })
    expect(topics.after).toEqual(topics.before)
    expect(optimised).toEqual(plain)
  })

  it('keeps the records of a stream that is joined with itself once', async () => {
    const { topics, plain, optimised } = await compare((t) => {
      const source = t.stream('in', TEXT)
      source.join(source, (a, b) => a + b, { within: { before: 2, after: 5 }, as: 'pairs', value: string() }).to('out')
    })
    expect(topics).toEqual({
      before: ['app-pairs-left-changelog', 'app-pairs-right-changelog'],
      after: ['app-pairs-left-changelog'],
    })
    expect(optimised).toEqual(plain)
  })
})
