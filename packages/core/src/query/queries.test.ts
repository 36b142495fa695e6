import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topology, tumbling, type Topology } from '../dsl/index.ts'
import { type App, createApp } from '../runtime/index.ts'
import { Lab } from '../runtime/test-support/lab.ts'
import { string } from '../serde/index.ts'
import type { StoreChange } from './key-value-query.ts'
import type { WindowChange } from './window-query.ts'

const program: Topology = topology('queries', (t) => {
  const clicks = t.stream('clicks', { key: string(), value: string() }).groupByKey()
  clicks.count({ as: 'totals' })
  clicks.windowedBy(tumbling({ size: 100 })).count({ as: 'per-window' })
})

describe('queries', () => {
  let lab: Lab
  let app: App

  beforeEach(async () => {
    lab = await Lab.open()
    await lab.topics('clicks')
    app = createApp(program, { log: lab.log, stateDir: lab.stateDir, logger: false, commitInterval: '1h' })
    await app.start()
  })

  afterEach(async () => {
    await app.stop()
    await lab.close()
  })

  const click = (...keys: string[]): Promise<void> =>
    lab.produce(
      'clicks',
      keys.map((key) => [key, '']),
      1_000,
    )

  it('see what was processed before them, by committing it first', async () => {
    await click('a', 'b', 'a')
    await app.caughtUp()
    const totals = app.store<string, number>('totals')
    expect(await totals.get('a')).toBe(2)
    expect(await totals.get('c')).toBeUndefined()
    expect(new Map(await totals.range())).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    )
    expect(await totals.range('b', 'b')).toEqual([['b', 1]])
    expect(await totals.range(undefined, undefined, { limit: 1 })).toHaveLength(1)
  })

  it('read windows by key and by time', async () => {
    await click('a', 'b', 'a')
    await app.caughtUp()
    const windows = app.windowStore<string, number>('per-window')
    expect(await windows.get('a', 1_000)).toBe(2)
    expect(await windows.get('a', 900)).toBeUndefined()
    expect(await windows.fetch('a', 0, 2_000)).toEqual([[1_000, 2]])
    const all = await windows.fetchAll(0, 2_000)
    expect(all).toHaveLength(2)
    expect(all).toEqual(
      expect.arrayContaining([
        ['a', 1_000, 2],
        ['b', 1_000, 1],
      ]),
    )
  })

  it('follow a key, beginning with what is there, once for each commit that changes it', async () => {
    const seen: (number | undefined)[] = []
    app
      .store<string, number>('totals')
      .watch('a')
      .subscribe((count) => seen.push(count))
    await click('a', 'a', 'b')
    await app.caughtUp()
    await click('b')
    await app.caughtUp()
    await click('a')
    await app.caughtUp()
    expect(seen).toEqual([undefined, 2, 3])
  })

  it('follow all changes of a store, decoded', async () => {
    const totals: StoreChange<string, number>[] = []
    const windows: WindowChange<string, number>[] = []
    app
      .store<string, number>('totals')
      .changes()
      .subscribe((change) => totals.push(change))
    const watching = app
      .windowStore<string, number>('per-window')
      .changes()
      .subscribe((change) => windows.push(change))
    await click('a')
    await app.caughtUp()
    watching.unsubscribe()
    await click('a')
    await app.caughtUp()
    expect(totals).toEqual([
      { key: 'a', value: 1, timestamp: 1_000 },
      { key: 'a', value: 2, timestamp: 1_000 },
    ])
    expect(windows).toEqual([{ key: 'a', windowStart: 1_000, value: 1, timestamp: 1_000 }])
  })
})
