import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topology, type Topology } from '../dsl/index.ts'
import { int32, json, string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import type { BaseOptions } from './options.ts'
import { Lab } from './test-support/lab.ts'

const counting = (name: string): Topology =>
  topology(name, (t) => {
    t.stream('in', { key: string(), value: string() })
      .groupByKey()
      .count({ as: 'counts' })
      .toStream()
      .to('out', { value: json() })
  })

describe('an app refuses', () => {
  let lab: Lab
  const apps: App[] = []

  beforeEach(async () => {
    lab = await Lab.open()
  })

  afterEach(async () => {
    for (const app of apps.splice(0)) await app.stop()
    await lab.close()
  })

  const app = (program: Topology, options: Partial<BaseOptions> = {}): App => {
    const created = createApp(program, { log: lab.log, stateDir: lab.stateDir, logger: false, ...options })
    apps.push(created)
    return created
  }

  it('topics that do not exist, by name and with the way to create them', async () => {
    const starting = app(counting('shop'))
    await expect(starting.start()).rejects.toMatchObject({
      code: 'TOPIC_MISSING',
      message: expect.stringMatching(
        /Topics "in" \(read by the topology\), "out" \(written by the topology\) do not exist.*create them first/,
      ),
    })
    expect(starting.state.status).toBe('failed')
    await expect(starting.stopped).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
  })

  it('a state folder that another app has', async () => {
    await lab.topics('in', 'out')
    await app(counting('shop')).start()
    await expect(app(counting('shop')).start()).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: expect.stringContaining('Two processes on one state folder'),
    })
  })

  it('a state folder of another application', async () => {
    await lab.topics('in', 'out')
    const first = app(counting('shop'))
    await first.start()
    await first.stop()
    await expect(app(counting('store')).start()).rejects.toMatchObject({
      code: 'STATE_INCOMPATIBLE',
      message: expect.stringContaining('other app     shop -> store'),
    })
  })

  it('state of which the serde has changed', async () => {
    await lab.topics('in', 'out')
    const first = app(counting('shop'))
    await first.start()
    await first.stop()
    const changed = topology('shop', (t) => {
      t.stream('in', { key: int32(), value: string() })
        .groupByKey()
        .count({ as: 'counts' })
        .toStream()
        .to('out', { value: json() })
    })
    await expect(app(changed).start()).rejects.toMatchObject({
      code: 'STATE_INCOMPATIBLE',
      message: expect.stringContaining('incompatible  counts had key serde string, now int32'),
    })
  })

  it('state of which the number of partitions has changed', async () => {
    await lab.topics('in', 'out')
    const first = app(counting('shop'))
    await first.start()
    await first.stop()
    await lab.log.admin.deleteTopics(['in', 'shop-counts-changelog'])
    await lab.log.admin.createTopics([{ topic: 'in', partitions: 2, cleanup: 'delete' }])
    await expect(app(counting('shop')).start()).rejects.toMatchObject({
      code: 'STATE_INCOMPATIBLE',
      message: expect.stringContaining('incompatible  counts had 4 partitions, now 2'),
    })
  })

  it('an internal topic with another number of partitions', async () => {
    await lab.topics('in', 'out')
    await lab.log.admin.createTopics([{ topic: 'shop-counts-changelog', partitions: 3, cleanup: 'compact' }])
    await expect(app(counting('shop')).start()).rejects.toMatchObject({
      code: 'TOPIC_MISMATCH',
      message: expect.stringContaining('"shop-counts-changelog" has 3 partitions where the topology needs 4'),
    })
  })

  it('a changelog that deletes', async () => {
    await lab.topics('in', 'out')
    await lab.log.admin.createTopics([{ topic: 'shop-counts-changelog', partitions: 4, cleanup: 'delete' }])
    await expect(app(counting('shop')).start()).rejects.toMatchObject({
      code: 'TOPIC_MISMATCH',
      message: expect.stringContaining('cleanup.policy=delete'),
    })
  })

  it('sides that are not co-partitioned, naming both topics', async () => {
    await lab.topics('left', 'out')
    await lab.log.admin.createTopics([{ topic: 'right', partitions: 2, cleanup: 'delete' }])
    const merged = topology('merged', (t) => {
      const right = t.stream('right', { key: string(), value: string() })
      t.stream('left', { key: string(), value: string() }).merge(right).groupByKey().count({ as: 'counts' })
    })
    const refused = await app(merged)
      .start()
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    expect(refused).toMatchObject({ code: 'NOT_COPARTITIONED', message: expect.stringMatching(/left.*right|right.*left/s) })
  })

  it('to start twice', async () => {
    await lab.topics('in', 'out')
    const running = app(counting('shop'))
    await running.start()
    await expect(running.start()).rejects.toMatchObject({ code: 'APP_STATE' })
  })

  it('queries of stores that there are not, and before it runs', async () => {
    const created = app(counting('shop'))
    expect(() => created.store('count')).toThrow('no store "count". Did you mean "counts"?')
    expect(() => created.windowStore('counts')).toThrow("app.store('counts')")
    await expect(created.store('counts').get('a')).rejects.toMatchObject({ code: 'APP_STATE' })
  })

  it('to go on when a function of the topology throws, and drops what was not committed', async () => {
    await lab.topics('in', 'out')
    await lab.produce('in', [
      ['a', 'good'],
      ['b', 'bad'],
    ])
    const failing = topology('shop', (t) => {
      t.stream('in', { key: string(), value: string() })
        .mapValues(
          (value) => {
            if (value === 'bad') throw new Error('cannot read this')
            return value
          },
          { value: string() },
        )
        .to('out')
    })
    const doomed = app(failing)
    await doomed.start().catch(() => undefined)
    await expect(doomed.stopped).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      message: expect.stringContaining('cannot read this'),
    })
    expect(doomed.state.status).toBe('failed')
    const lenient = app(failing, { onProcessingError: 'continue' })
    await lenient.start()
    await lenient.caughtUp()
    expect(await lab.read('out')).toEqual([['a', 'good']])
  })
})
