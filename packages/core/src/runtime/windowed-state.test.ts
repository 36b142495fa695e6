import { rm } from 'node:fs/promises'
import fc from 'fast-check'
import { firstValueFrom } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { session, sliding, topology, tumbling, type Topology, untilTimeLimit, untilWindowCloses } from '../dsl/index.ts'
import { partitionForKey } from '../log/records/index.ts'
import { string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'
import { type App, createApp } from './app.ts'
import { FaultyLog } from './test-support/faulty-log.ts'
import { Lab } from './test-support/lab.ts'

const text = { key: string(), value: string() }

/** Windows that close, what is suppressed, sessions, versions; some of it in memory. Without caching each update shows. */
const closing: Topology = topology('closing', (t) => {
  const input = t.stream('in', text)
  const grouped = input.groupByKey()
  const plain = { caching: false } as const
  const write =
    (name: string) =>
    (key: string, count: unknown): string =>
      `${name} ${key} ${String(count)}`
  const [tumbled, slid, visited, held, limited] = ['tumbling', 'sliding', 'session', 'held', 'limited'].map(write)
  const out = { key: string() }
  grouped
    .windowedBy(tumbling({ size: 10, grace: 5 }))
    .emitStrategy('on-window-close')
    .count({ ...plain, as: 'tumbling' })
    .toStream((count, { key, window }) => tumbled?.(`${key}${window.start}`, count) ?? '', out)
    .mapValues(() => '', { value: string() })
    .to('out')
  grouped
    .windowedBy(sliding({ difference: 7, grace: 5 }))
    .emitStrategy('on-window-close')
    .count({ ...plain, as: 'sliding', inMemory: true })
    .toStream((count, { key, window }) => slid?.(`${key}${window.start}`, count) ?? '', out)
    .mapValues(() => '', { value: string() })
    .to('out')
  grouped
    .windowedBy(session({ gap: 4, grace: 5 }))
    .emitStrategy('on-window-close')
    .count({ ...plain, as: 'session' })
    .toStream((count, { key, window }) => visited?.(`${key}${window.start}-${window.end}`, count) ?? '', out)
    .mapValues(() => '', { value: string() })
    .to('out')
  grouped
    .windowedBy(tumbling({ size: 8, grace: 3 }))
    .count({ ...plain, as: 'counted', inMemory: true })
    .suppress(untilWindowCloses(), { as: 'held', inMemory: true })
    .toStream((count, { key, window }) => held?.(`${key}${window.start}`, count) ?? '', out)
    .mapValues(() => '', { value: string() })
    .to('out')
  grouped
    .reduce((all, one) => `${all}${one}`, { ...plain, as: 'reduced' })
    .suppress(untilTimeLimit(12, { maxRecords: 3, whenFull: 'emit-early' }), { as: 'limited' })
    .toStream((all, key) => limited?.(key, all) ?? '', out)
    .mapValues(() => '', { value: string() })
    .to('out')
  const versions = input.toTable({ versioned: '1m', as: 'versions' })
  t.stream('asked', text)
    .join(versions, (asked, version) => `asked ${asked} ${version}`, { value: string() })
    .selectKey((value) => value)
    .mapValues(() => '', { value: string() })
    .to('out')
})

/** Two keys of one partition. */
const together = 'abcdefghij'
  .split('')
  .filter((key) => partitionForKey(key, 4) === partitionForKey('a', 4))
  .slice(0, 2) as [string, string]

interface Sent {
  readonly key: string
  readonly value: string
  readonly late: number
}

describe('state of windows', { timeout: 60_000 }, () => {
  let lab: Lab
  let log: FaultyLog
  let app: App | undefined

  beforeEach(async () => {
    lab = await Lab.open()
    log = new FaultyLog(lab.log)
    await lab.topics('in', 'asked', 'out')
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  /** Until all is processed, or it dies. */
  const run = async (): Promise<unknown> => {
    const running = createApp(closing, { log, stateDir: lab.stateDir, logger: false, commitInterval: 5 })
    app = running
    const failure = await running
      .start()
      .then(() => running.caughtUp())
      .catch((error: unknown) => error)
    await running.stop()
    return failure
  }

  it('is after crashes, restarts and rebuilding what it is without them: so is what comes out', async () => {
    const sent = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      value: fc.constantFrom('x', 'y'),
      late: fc.constantFrom(0, 0, 0, 3, 9, 20),
    })
    const part = fc.record({
      records: fc.array(sent, { minLength: 1, maxLength: 25, size: 'max' }),
      ends: fc.constantFrom('stop', 'lost', 'crash-before', 'crash-after'),
    })
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 2, maxLength: 4 }), async (parts) => {
        await lab.close()
        lab = await Lab.open()
        log = new FaultyLog(lab.log)
        await lab.topics('in', 'asked', 'out')
        round++
        const all: (Sent & { readonly at: number })[] = []
        let time = 100
        for (const { records, ends } of parts) {
          if (ends.startsWith('crash')) log.order(2, { error: 'LOG_CORRUPT', when: ends === 'crash-after' ? 'after' : 'before' })
          const timed = records.map((record) => ({ ...record, at: (time += 2) - record.late }))
          all.push(...timed)
          await produce('in', timed)
          await run()
          if (ends === 'lost') await rm(lab.stateDir, { recursive: true, force: true })
        }
        log.heal()
        expect(await run()).toBeUndefined()
        const out = (await lab.read('out')).map(([key]) => key ?? '')
        expect(out.toSorted(), `round ${round}`).toEqual((await withoutRestarts(all)).toSorted())
      }),
      { numRuns: 12 },
    )
  })

  const produce = async (topic: string, records: readonly { key: string; value: string; at: number }[]): Promise<void> => {
    for (const { key, value, at } of records) await lab.produce(topic, [[key, value]], at)
  }

  it('is held back by event time as it was before a restart', async () => {
    await produce('in', [{ key: together[0], value: 'x', at: 200 }])
    await run()
    // 20 ms late: what is 12 ms old goes at once, each of the two.
    await produce('in', [{ key: together[1], value: 'y', at: 180 }])
    await run()
    await produce('in', [{ key: together[1], value: 'z', at: 181 }])
    await run()
    const limited = (await lab.read('out')).flatMap(([key]) => (key?.startsWith('limited') ? [key] : []))
    expect(limited.toSorted()).toEqual([`limited ${together[1]} y`, `limited ${together[1]} yz`])
  })

  it('is queried as it was committed, and each store by its own kind', async () => {
    await produce('in', [
      { key: 'a', value: 'x', at: 10 },
      { key: 'a', value: 'y', at: 12 },
      { key: 'a', value: 'z', at: 20 },
    ])
    const running = createApp(closing, { log, stateDir: lab.stateDir, logger: false, commitInterval: 5 })
    app = running
    await running.start()
    await running.caughtUp()
    const sessions = running.sessionStore<string, number>('session')
    expect(await sessions.fetch('a')).toEqual([
      { start: 10, end: 12, value: 2 },
      { start: 20, end: 20, value: 1 },
    ])
    expect(await sessions.fetch('a', 13)).toEqual([{ start: 20, end: 20, value: 1 }])
    expect(await sessions.fetchAll()).toHaveLength(2)
    const versions = running.versionedStore<string, string>('versions')
    expect([await versions.get('a'), await versions.getAsOf('a', 11), await versions.getAsOf('a', 9)]).toEqual([
      'z',
      'x',
      undefined,
    ])
    expect(await versions.versions('a')).toHaveLength(3)
    const changed = firstValueFrom(running.windowStore<string, number>('sliding').changes())
    await produce('in', [{ key: 'b', value: 'x', at: 30 }])
    expect(await changed).toMatchObject({ key: 'b', windowStart: 23, value: 1 })
    expect(() => running.store('session')).toThrow(/session store: query it with app.sessionStore/)
    expect(() => running.windowStore('versions')).toThrow(/app.versionedStore/)
  })

  it('answers questions of the past after a restart', async () => {
    await produce('in', [
      { key: 'a', value: 'old', at: 10 },
      { key: 'a', value: 'new', at: 20 },
    ])
    await run()
    await rm(lab.stateDir, { recursive: true, force: true })
    await produce('asked', [{ key: 'a', value: 'then', at: 15 }])
    await run()
    expect((await lab.read('out')).map(([key]) => key)).toContain('asked then old')
  })
})

/** What one run over all records gives, partition by partition. */
async function withoutRestarts(all: readonly (Sent & { readonly at: number })[]): Promise<string[]> {
  await using driver = await TopologyTestDriver.open(closing, { partitions: 4 })
  const input = driver.input('in', text)
  for (const { key, value, at } of all) await input.pipe(key, value, { timestamp: at })
  return driver
    .output('out', text)
    .readAll()
    .map(({ key }) => key as string)
}
