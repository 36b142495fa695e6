import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topology, type Topology } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import { Lab } from './test-support/lab.ts'

const wordcount: Topology = topology('wordcount', (t) => {
  t.stream('lines', { key: string(), value: string() })
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word, { key: string() })
    .count({ as: 'counts' })
    .toStream()
    .mapValues((count) => String(count), { value: string() })
    .to('word-counts')
})

describe('an app on the embedded log', () => {
  let lab: Lab
  let app: App | undefined

  beforeEach(async () => {
    lab = await Lab.open()
    await lab.topics('lines', 'word-counts')
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  const start = async (): Promise<App> => {
    app = createApp(wordcount, { log: lab.log, stateDir: lab.stateDir, logger: false })
    await app.start()
    return app
  }

  it('processes what is there and what comes', async () => {
    await lab.produce('lines', [
      ['a', 'to be or not'],
      ['b', 'to be'],
    ])
    const running = await start()
    await running.caughtUp()
    expect(await lab.table('word-counts')).toEqual({ to: '2', be: '2', or: '1', not: '1' })
    await lab.produce('lines', [['c', 'or not to be']])
    await running.caughtUp()
    expect(await lab.table('word-counts')).toEqual({ to: '3', be: '3', or: '2', not: '2' })
  })

  it('is not caught up when it fails on the way', async () => {
    const failing = topology('failing', (t) => {
      t.stream('lines', { key: string(), value: string() })
        .filter(() => {
          throw new Error('no line is good enough')
        })
        .to('word-counts')
    })
    app = createApp(failing, { log: lab.log, stateDir: lab.stateDir, logger: false })
    await app.start()
    await lab.produce('lines', [['a', 'to be']])
    await expect(app.caughtUp()).rejects.toThrow('failed')
    expect(app.state.status).toBe('failed')
  })

  it('goes on where it stopped', async () => {
    await lab.produce('lines', [['a', 'to be']])
    await (await start()).caughtUp()
    await app?.stop()
    await lab.produce('lines', [['a', 'or not to be']])
    await (await start()).caughtUp()
    expect(await lab.table('word-counts')).toEqual({ to: '2', be: '2', or: '1', not: '1' })
  })

  it('answers queries from committed state', async () => {
    const running = await start()
    const seen: (number | undefined)[] = []
    running
      .store<string, number>('counts')
      .watch('be')
      .subscribe((count) => seen.push(count))
    await lab.produce('lines', [['a', 'to be or not to be']])
    await running.caughtUp()
    expect(await running.store<string, number>('counts').get('be')).toBe(2)
    expect(await running.store<string, number>('counts').range()).toEqual(
      expect.arrayContaining([
        ['be', 2],
        ['not', 1],
        ['or', 1],
        ['to', 2],
      ]),
    )
    expect(seen.at(0)).toBeUndefined()
    expect(seen.at(-1)).toBe(2)
  })
})
