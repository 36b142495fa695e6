import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyValueStore, topology, type Topology } from '../dsl/index.ts'
import type { ProcessorKeyValueStore } from '../plan/index.ts'
import { string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import { FaultyLog } from './test-support/faulty-log.ts'
import { Lab } from './test-support/lab.ts'

const text = { key: string(), value: string() }

/** What users' own code does, in an app on the embedded log. */
describe('user code in an app', { timeout: 20_000 }, () => {
  let lab: Lab
  let log: FaultyLog
  let app: App | undefined

  beforeEach(async () => {
    lab = await Lab.open()
    log = new FaultyLog(lab.log)
    await lab.topics('in', 'out')
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  const start = async (of: Topology): Promise<App> => {
    app = createApp(of, { log, stateDir: lab.stateDir, logger: false, commitInterval: 20 })
    await app.start()
    return app
  }

  it('that waits loses and doubles no result, whichever commit fails', async () => {
    const calls = new Map<string, number>()
    const numbered = topology('numbered', (t) => {
      t.stream('in', text)
        .mapAsync(
          async (value) => {
            calls.set(value, (calls.get(value) ?? 0) + 1)
            await new Promise(setImmediate)
            return `${value}!`
          },
          { concurrency: 8, value: string() },
        )
        .to('out')
    })
    const running = await start(numbered)
    const values = Array.from({ length: 400 }, (_, index) => `v${index}`)
    for (let at = 0; at < values.length; at += 100) {
      log.order(1, { error: 'TRANSACTION_ABORTED', when: at % 200 === 0 ? 'before' : 'after' })
      await lab.produce(
        'in',
        values.slice(at, at + 100).map((value, index) => [`k${index % 7}`, value]),
        at,
      )
      await running.caughtUp()
    }
    const out = await lab.read('out')
    expect(out.map(([, value]) => value ?? '').toSorted()).toEqual(values.map((value) => `${value}!`).toSorted())
    const byKey = Map.groupBy(out, ([key]) => key)
    for (const [key, records] of byKey) {
      const own = values.filter((_, index) => `k${(index % 100) % 7}` === key)
      expect(records.map(([, value]) => value)).toEqual(own.map((value) => `${value}!`))
    }
    expect([...calls.values()].some((count) => count > 1)).toBe(true)
  })

  it('names topics that nobody declared, and stops when one is missing', async () => {
    await lab.topics('animals-cat')
    await start(topology('sorted', (t) => t.stream('in', text).to((value) => `animals-${value}`)))
    await lab.produce('in', [
      ['a', 'cat'],
      ['b', 'cat'],
    ])
    await app?.caughtUp()
    expect(await lab.read('animals-cat')).toHaveLength(2)
    await lab.produce('in', [['c', 'dog']])
    await expect
      .poll(() => app?.state)
      .toMatchObject({
        error: { code: 'TOPIC_MISSING', message: expect.stringContaining('"animals-dog"') },
      })
  })

  it('is called by the wall clock, and what it then writes is committed', async () => {
    const held = keyValueStore('held', text)
    await start(
      topology('holding', (t) => {
        t.stream('in', text)
          .process(
            (context) => {
              const store = context.store(held)
              context.schedule({ every: 10, by: 'wall-clock' }, async () => {
                for await (const [key, value] of store.range()) {
                  await context.forward({ key, value: `${value} held` })
                  store.delete(key)
                }
              })
              return ({ key, value }) => store.put(key, value)
            },
            { stores: [held] },
          )
          .to('out')
      }),
    )
    await lab.produce('in', [
      ['a', 'x'],
      ['b', 'y'],
    ])
    await expect.poll(() => lab.table('out'), { timeout: 10_000 }).toEqual({ a: 'x held', b: 'y held' })
    expect(await app?.store('held').range()).toEqual([])
  })

  it.each(['as it was', 'lost'])('goes on at the stream time at which its task was, its folder being %s', async (folder) => {
    const seen = keyValueStore('seen', { ...text, timeToLive: 100 })
    const timed = topology('timed', (t) => {
      t.stream('in', text)
        .process(
          (context) => {
            const store = context.store(seen)
            return ({ key, value }) => {
              const before = store.get(key) ?? 'nothing'
              store.put(key, value)
              return context.forward({ key, value: `${context.streamTime} ${before}` })
            }
          },
          { stores: [seen] },
        )
        .to('out')
    })
    const running = await start(timed)
    await lab.produce('in', [['a', 'old']], 1000)
    await lab.produce('in', [['b', 'new']], 2000)
    await running.caughtUp()
    await running.stop()
    if (folder === 'lost') await rm(lab.stateDir, { recursive: true })
    const again = await start(timed)
    await lab.produce('in', [['a', 'late']], 1050)
    await again.caughtUp()
    expect((await lab.read('out')).map(([, value]) => value)).toEqual(['1000 nothing', '2000 nothing', '2000 nothing'])
  })

  it('reads global stores, which are whole before its first record', async () => {
    const regions = keyValueStore('regions', text)
    await lab.topics('shops')
    await lab.produce('shops', [
      ['shop-1', 'north'],
      ['shop-2', 'south'],
      ['shop-1', 'east'],
    ])
    await lab.produce('in', [
      ['a', 'shop-1'],
      ['b', 'shop-2'],
    ])
    const regional = topology('regional', (t) => {
      t.addGlobalStore(regions, 'shops', text, (context) => {
        const store = context.store(regions)
        return ({ key, value }) => store.put(key, `${store.get(key) ?? ''}/${value}`)
      })
      t.stream('in', text)
        .processValues((context) => {
          const store = context.store<ProcessorKeyValueStore<string, string>>('regions')
          return ({ value }) => context.forward({ value: store.get(value) ?? 'unknown' })
        })
        .to('out')
    })
    await (await start(regional)).caughtUp()
    expect(await lab.table('out')).toEqual({ a: '/north/east', b: '/south' })
    // Reading goes on where it stopped: nothing is put into the store twice.
    await app?.stop()
    await lab.produce('shops', [['shop-2', 'west']])
    await lab.produce('in', [['c', 'shop-2']])
    await (await start(regional)).caughtUp()
    expect(await lab.table('out')).toMatchObject({ c: '/south/west' })
  })

  it.each([
    ['on disk, after the loss of the folder', false, '-anew'],
    ['in memory, after a restart', true, ''],
  ])('finds its stores again: %s', async (_where, inMemory, folder) => {
    const seen = keyValueStore('seen', { ...text, inMemory })
    const last = topology('last', (t) => {
      t.stream('in', text)
        .processValues(
          (context) => {
            const store = context.store(seen)
            return (record) => {
              const before = store.get(record.key)
              store.put(record.key, record.value)
              return context.forward({ ...record, value: `${before} → ${record.value}` })
            }
          },
          { stores: [seen] },
        )
        .to('out')
    })
    await lab.produce('in', [['k', 'a']])
    await (await start(last)).caughtUp()
    await app?.stop()
    app = createApp(last, { log, stateDir: `${lab.stateDir}${folder}`, logger: false })
    await app.start()
    await lab.produce('in', [['k', 'b']])
    await app.caughtUp()
    expect((await lab.read('out')).map(([, value]) => value)).toEqual(['undefined → a', 'a → b'])
  })
})
