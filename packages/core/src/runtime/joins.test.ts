import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Topology, topology } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import { RecordingLogger } from './test-support/recording-logger.ts'
import type { BaseOptions } from './options.ts'
import { Lab } from './test-support/lab.ts'

const TEXT = { key: string(), value: string() }

describe('joins in an app', () => {
  let lab: Lab
  let app: App | undefined
  let logger: RecordingLogger

  beforeEach(async () => {
    lab = await Lab.open()
    logger = new RecordingLogger()
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  const start = async (program: Topology, options: Partial<BaseOptions> = {}): Promise<App> => {
    app = createApp(program, { log: lab.log, stateDir: lab.stateDir, logger, commitInterval: 5, ...options })
    await app.start()
    return app
  }

  const restart = async (program: Topology, { without = '' } = {}): Promise<App> => {
    await app?.stop()
    if (without !== '') await rm(without, { recursive: true })
    return start(program)
  }

  const compacted = async (topic: string): Promise<void> => {
    await lab.log.admin.createTopics([{ topic, partitions: 4, cleanup: 'compact', retentionMs: -1 }])
  }

  const sorted = async (topic: string): Promise<readonly string[]> =>
    (await lab.read(topic)).map(([key, value]) => `${key}=${value}`).sort()

  describe('with global tables', () => {
    const looking = topology('shop', (t) => {
      const names = t.globalTable('names', { ...TEXT, as: 'names' })
      t.stream('in', TEXT)
        .join(names, (value, name) => `${value} of ${name}`, { on: (value) => value, value: string() })
        .to('out')
    })

    it('are complete in every partition before the first record is taken', async () => {
      await lab.topics('in', 'out', 'names')
      const names = Array.from({ length: 50 }, (_, i) => [`n${i}`, `name ${i}`] as const)
      await lab.produce('names', names)
      await lab.produce(
        'in',
        names.map(([key]) => [`k-${key}`, key] as const),
      )
      const running = await start(looking)
      await running.caughtUp()
      expect(await sorted('out')).toEqual(names.map(([key, name]) => `k-${key}=${key} of ${name}`).sort())
      expect(await running.store<string, string>('names').get('n7')).toBe('name 7')
    })

    it('are kept up to date beside the tasks, deletions included', async () => {
      await lab.topics('in', 'out', 'names')
      const running = await start(looking)
      await lab.produce('names', [['a', 'first']])
      await running.caughtUp()
      await lab.produce('in', [['1', 'a']])
      await running.caughtUp()
      await lab.produce('names', [['a', 'second']])
      await running.caughtUp()
      await lab.produce('in', [['2', 'a']])
      await running.caughtUp()
      expect(await sorted('out')).toEqual(['1=a of first', '2=a of second'])
      const names = await running.store<string, string>('names').range()
      expect(names).toEqual([['a', 'second']])
    })

    it('go on from where their state is, and are read anew when it is gone', async () => {
      await lab.topics('in', 'out', 'names')
      await lab.produce('names', [['a', 'Anna']])
      await start(looking).then((running) => running.caughtUp())
      await restart(looking)
      expect(logger.seen('global-restore-started')).toHaveLength(1)
      await lab.produce('in', [['1', 'a']])
      await app?.caughtUp()
      expect(await sorted('out')).toEqual(['1=a of Anna'])
      await restart(looking, { without: lab.stateDir })
      expect(logger.seen('global-restore-started')).toHaveLength(2)
      expect(await app?.store<string, string>('names').get('a')).toBe('Anna')
    })
  })

  describe('of tables by foreign key', () => {
    const naming = topology('shop', (t) => {
      const customers = t.table('customers', { ...TEXT, as: 'customers' })
      t.table('orders', { ...TEXT, as: 'orders' })
        .leftJoin(customers, (order, name) => `${order}:${name}`, { on: (order) => order, as: 'named', value: string() })
        .to('out', { value: string() })
    })

    it('work over partitions that differ on both sides', async () => {
      await lab.topics('out')
      await lab.log.admin.createTopics([
        { topic: 'orders', partitions: 3, cleanup: 'compact', retentionMs: -1 },
        { topic: 'customers', partitions: 5, cleanup: 'compact', retentionMs: -1 },
      ])
      const orders = Array.from({ length: 30 }, (_, i) => [`o${i}`, `c${i % 7}`] as const)
      await lab.produce('orders', orders)
      await lab.produce(
        'customers',
        [0, 1, 2, 3, 4].map((i) => [`c${i}`, `Customer ${i}`] as const),
      )
      const running = await start(naming)
      await running.caughtUp()
      const expected = Object.fromEntries(orders.map(([key, c], i) => [key, `${c}:${i % 7 < 5 ? `Customer ${i % 7}` : null}`]))
      expect(await lab.table('out')).toEqual(expected)
    })

    it('tell subscribers of changes after a restart, also when the state is rebuilt from changelogs', async () => {
      await lab.topics('out')
      await compacted('orders')
      await compacted('customers')
      await lab.produce('orders', [
        ['o1', 'c1'],
        ['o2', 'c1'],
        ['o3', 'c2'],
      ])
      await start(naming).then((running) => running.caughtUp())
      await restart(naming, { without: lab.stateDir })
      await lab.produce('customers', [['c1', 'Anna']])
      await app?.caughtUp()
      expect(await lab.table('out')).toEqual({ o1: 'c1:Anna', o2: 'c1:Anna', o3: 'c2:null' })
    })
  })

  describe('of streams', () => {
    const pairing = topology('shop', (t) => {
      t.stream('left', TEXT)
        .outerJoin(t.stream('right', TEXT), (l, r) => `${l}+${r}`, { within: 1000, as: 'pairs', value: string() })
        .to('out')
    })

    it('find what came before a restart, and what was rebuilt from changelogs; and let out what found nothing', async () => {
      await lab.topics('left', 'right', 'out')
      await lab.produce('left', [
        ['a', 'l1'],
        ['b', 'l2'],
        ['a', 'l3'],
      ])
      await start(pairing).then((running) => running.caughtUp())
      await restart(pairing)
      await lab.produce('right', [['a', 'r1']], 10)
      await app?.caughtUp()
      await restart(pairing, { without: lab.stateDir })
      await lab.produce('right', [['a', 'r2']], 20)
      await app?.caughtUp()
      expect(await sorted('out')).toEqual(['a=l1+r1', 'a=l1+r2', 'a=l3+r1', 'a=l3+r2'])
      // Each key's own task: event time goes on there.
      await lab.produce('left', [['b', 'l9']], 60_000)
      await app?.caughtUp()
      expect(await sorted('out')).toContain('b=l2+null')
    })
  })

  describe('optimised', () => {
    const joining = topology('shop', (t) => {
      const users = t.table('users', { ...TEXT, as: 'users' })
      t.stream('in', TEXT)
        .leftJoin(users, (value, user) => `${value} by ${user}`, { value: string() })
        .to('out')
    })

    it('restore a table from its own topic, as far as it was processed', async () => {
      await lab.topics('in', 'out')
      await compacted('users')
      await lab.produce('users', [
        ['a', 'Anna'],
        ['b', 'Bert'],
        ['a', 'Ann'],
      ])
      const optimize = { optimize: true }
      await start(joining, optimize).then((running) => running.caughtUp())
      const topics = await lab.log.admin.describeTopics(['shop-users-changelog'])
      expect(topics.size).toBe(0)
      await app?.stop()
      await rm(lab.stateDir, { recursive: true })
      // Not processed yet: it is no part of what is restored.
      await lab.produce('users', [['b', 'Berta']], 1000)
      await lab.produce('in', [['b', 'click']], 500)
      await start(joining, optimize)
      expect(logger.seen('restore-started')).not.toEqual([])
      await app?.caughtUp()
      await lab.produce('in', [['a', 'click']], 2000)
      await app?.caughtUp()
      expect(await sorted('out')).toEqual(['a=click by Ann', 'b=click by Bert'])
      expect(await app?.store<string, string>('users').get('b')).toBe('Berta')
      // The topic is the user's: nothing but reading happens to it.
      expect(await lab.read('users')).toHaveLength(4)
    })

    it('refuse a table whose topic forgets', async () => {
      await lab.topics('in', 'out', 'users')
      await expect(start(joining, { optimize: true })).rejects.toMatchObject({
        code: 'TOPIC_MISMATCH',
        message: expect.stringContaining(
          'Table "users" is restored from its own topic "users" (optimize: true), which has cleanup.policy=delete',
        ),
      })
    })
  })

  it('tells of state that a new name leaves behind, and what a folder was written for', async () => {
    const { planDiff, describeJson, planTopology } = await import('../plan/index.ts')
    const { savedPlan } = await import('./saved-plan.ts')
    const version = (as: string): Topology =>
      topology('shop', (t) => {
        t.stream('in', TEXT).groupByKey().count({ as })
      })
    await lab.topics('in')
    await start(version('counts'))
    await app?.stop()
    const saved = await savedPlan(lab.stateDir)
    expect(saved?.partitions).toMatchObject({ in: 4, 'shop-counts-changelog': 4 })
    if (saved === null) return
    expect(planDiff(saved, describeJson(planTopology(version('counts')))).kept).toEqual(['counts'])
    await start(version('others'))
    expect(logger.seen('store-renamed')[0]).toMatchObject({ from: 'counts', to: 'others' })
    expect(await savedPlan(`${lab.stateDir}-nowhere`)).toBeNull()
  })
})
