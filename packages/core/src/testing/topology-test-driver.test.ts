import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { levelEngine } from '@millrace/state-store'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { topology, tumbling } from '../dsl/index.ts'
import { planTopology } from '../plan/plan-topology.ts'
import { json, string, windowed } from '../serde/index.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

const TEXT = { key: string(), value: string() }

const words = topology('words', (t) => {
  t.stream('lines', TEXT)
    .flatMapValues((line) => line.split(' '), { value: string() })
    .groupBy((word) => word)
    .count({ as: 'counts' })
    .to('word-counts')
})

describe('TopologyTestDriver', () => {
  it('runs a topology through its internal topics, record by record', async () => {
    await using driver = await TopologyTestDriver.open(words)
    await driver.input('lines', TEXT).pipe('l1', 'to be or not to be', { timestamp: 3 })
    const counts = driver.output<string, number>('word-counts')
    expect(counts.read()).toEqual({ key: 'to', value: 1, timestamp: 3, headers: [], partition: 0 })
    expect(counts.readAll().map(({ key, value }) => [key, value])).toEqual([
      ['be', 1],
      ['or', 1],
      ['not', 1],
      ['to', 2],
      ['be', 2],
    ])
    expect(counts.isEmpty).toBe(true)
    expect(driver.output('words-counts-repartition', TEXT).readAll()).toHaveLength(6)
  })

  it('takes a plan as well as a topology', async () => {
    await using driver = await TopologyTestDriver.open(planTopology(words, { app: 'deployed' }))
    await driver.input('lines', TEXT).pipe('l1', 'a')
    expect(driver.output('deployed-counts-repartition', TEXT).isEmpty).toBe(false)
  })

  it('shows stores by name', async () => {
    await using driver = await TopologyTestDriver.open(words)
    await driver.input('lines', TEXT).pipe('l1', 'a b a', { timestamp: 7 })
    const counts = driver.timestampedStore<string, number>('counts')
    expect(counts.get('a')).toEqual({ value: 2, timestamp: 7 })
    expect(await collect(counts.range())).toEqual([
      ['a', { value: 2, timestamp: 7 }],
      ['b', { value: 1, timestamp: 7 }],
    ])
  })

  it('spreads records over partitions by key, each with its own state', async () => {
    await using driver = await TopologyTestDriver.open(words, { partitions: 4 })
    await driver.input('lines', TEXT).pipe('l1', 'a b c d e f g h a')
    const perPartition: string[][] = []
    for (const partition of [0, 1, 2, 3]) {
      const counts = await collect(driver.timestampedStore<string, number>('counts', partition).range())
      perPartition.push(counts.map(([word]) => word))
    }
    expect(perPartition.flat().sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    expect(perPartition.filter((found) => found.length > 0).length).toBeGreaterThan(1)
    const sent = driver.output<string, number>('word-counts').readAll()
    expect(sent.filter(({ key }) => key === 'a').map(({ value }) => value)).toEqual([1, 2])
  })

  it('takes the record with the smallest timestamp first when several wait', async () => {
    const twoSteps = topology('two-steps', (t) => {
      t.stream('in', { ...TEXT, timestamp: (value) => Number(value) })
        .flatMap((value, key) => [
          [key, value],
          [key, `0${value}`],
        ])
        .repartition({ value: string() })
        .to('out')
      t.stream('out', { ...TEXT, timestamp: (value) => 100 - Number(value) }).to('last')
    })
    await using driver = await TopologyTestDriver.open(twoSteps)
    await driver.input('in', TEXT).pipe('k', '7')
    expect(driver.output('last', TEXT).readAll()).toMatchObject([
      { value: '7', timestamp: 93 },
      { value: '07', timestamp: 93 },
    ])
  })

  it('moves its wall clock only when told, and stamps records with it by default', async () => {
    const copy = topology('copy', (t) => t.stream('in', TEXT).to('out'))
    await using driver = await TopologyTestDriver.open(copy, { startAt: 1_000 })
    const input = driver.input('in', TEXT)
    await input.pipe('k', 'a')
    await driver.advanceWallClock('2s')
    await input.pipe('k', 'b')
    expect(driver.wallClock).toBe(3_000)
    expect(driver.output('out', TEXT).readAll()).toMatchObject([{ timestamp: 1_000 }, { timestamp: 3_000 }])
  })

  it('keeps state on LevelDB when given an engine for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-driver-'))
    try {
      const engine = (task: string): ReturnType<typeof levelEngine> => levelEngine({ location: join(folder, task) })
      const first = await TopologyTestDriver.open(words, { engine })
      await first.input('lines', TEXT).pipe('l1', 'a a')
      await first.close()
      await using second = await TopologyTestDriver.open(words, { engine })
      await second.input('lines', TEXT).pipe('l2', 'a')
      expect(second.output<string, number>('word-counts').read().value).toBe(3)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('reads and writes with the serdes of the topology when none are given, windowed keys too', async () => {
    const perMinute = topology('per-minute', (t) => {
      t.stream('clicks', { key: string(), value: json<{ page: string }>() })
        .groupByKey()
        .windowedBy(tumbling({ size: '1m' }))
        .count({ as: 'clicks' })
        .to('counts')
    })
    await using driver = await TopologyTestDriver.open(perMinute)
    await driver.input<string, { page: string }>('clicks').pipe('u1', { page: '/' }, { timestamp: 61_000 })
    const key = { key: 'u1', window: { start: 60_000, end: 120_000 } }
    expect(driver.output('counts').read()).toMatchObject({ key, value: 1, timestamp: 61_000 })
    expect(driver.windowStore<string, number>('clicks').get('u1', 60_000)).toEqual({ value: 1, timestamp: 61_000 })
    await driver.input('clicks', { key: string(), value: json() }).pipe('u1', { page: '/' }, { timestamp: 62_000 })
    expect(driver.output('counts', { key: windowed(string(), 60_000), value: json() }).read()).toMatchObject({ key, value: 2 })
  })

  it('knows feeds and views of connectors by the values that the topology was written with', async () => {
    const connector = { name: 'shop', options: z.object({}) }
    const orders = { feed: { connector, name: 'orders', spec: {} }, key: string(), value: json<{ cents: number }>() }
    const totals = { view: { connector, name: 'totals', spec: {} } }
    const copying = topology('copying', (t) => t.stream(orders).to(totals))
    await using driver = await TopologyTestDriver.open(copying)
    await driver.input(orders).pipe('o1', { cents: 5 })
    expect(driver.output(totals).read()).toMatchObject({ key: 'o1', value: { cents: 5 } })
  })

  it('says which topics and stores there are when asked for others', async () => {
    await using driver = await TopologyTestDriver.open(words)
    expect(() => driver.input('word-counts', TEXT)).toThrow(
      'The topology reads no topic "word-counts". It reads: lines, words-counts-repartition.',
    )
    expect(() => driver.output('nowhere', TEXT)).toThrow(
      /writes no topic "nowhere". It writes: word-counts, words-counts-repartition./,
    )
    expect(() => driver.timestampedStore('totals')).toThrow(/no store "totals" in partition 0. Its stores: counts/)
    expect(() => driver.timestampedStore('counts', 5)).toThrow(/its partitions: 0 to 0/)
    expect(() => driver.output('word-counts', TEXT).read()).toThrow(/"word-counts" has no more records/)
    await expect(driver.input('lines', TEXT).pipe('k', 'v', { partition: 1 })).rejects.toThrow(/no partition 1/)
  })
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}
