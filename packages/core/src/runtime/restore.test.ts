import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topology, type Topology } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import { RecordingLogger } from './test-support/recording-logger.ts'
import type { Guarantee } from './options.ts'
import { FaultyLog } from './test-support/faulty-log.ts'
import { Lab } from './test-support/lab.ts'

const counting: Topology = topology('shop', (t) => {
  t.stream('in', { key: string(), value: string() })
    .groupByKey()
    .count({ as: 'counts', caching: false })
    .toStream()
    .to('out', { value: json() })
})

const CHANGELOG = 'shop-counts-changelog'
const RECORDS = Array.from({ length: 40 }, (_, i) => [`key-${i % 10}`, 'x'] as const)

describe('restoring', () => {
  let lab: Lab
  let app: App | undefined
  let logger: RecordingLogger

  beforeEach(async () => {
    lab = await Lab.open()
    logger = new RecordingLogger()
    await lab.topics('in', 'out')
    await lab.produce('in', RECORDS)
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  const run = async (guarantee: Guarantee = 'exactly-once'): Promise<App> => {
    app = createApp(counting, { log: lab.log, stateDir: lab.stateDir, logger, guarantee, commitInterval: 5 })
    await app.start()
    await app.caughtUp()
    return app
  }

  const counts = async (running: App): Promise<Record<string, number>> =>
    Object.fromEntries(await running.store<string, number>('counts').range())

  const FOUR_EACH = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`key-${i}`, 4]))

  it('replays nothing when the state is where the changelog is', async () => {
    await run()
    await app?.stop()
    const again = await run()
    expect(await counts(again)).toEqual(FOUR_EACH)
    expect(logger.seen('restore-started')).toEqual([])
  })

  it('rebuilds the state in an empty folder', async () => {
    await run()
    await app?.stop()
    await rm(lab.stateDir, { recursive: true })
    const again = await run()
    expect(await counts(again)).toEqual(FOUR_EACH)
    expect(logger.seen('restore-finished').length).toBeGreaterThan(0)
  })

  it('replays only what the checkpoint does not have', async () => {
    await run()
    await app?.stop()
    const faulty = new FaultyLog(lab.log)
    faulty.order(0, { error: 'LOG_CORRUPT', when: 'after' })
    await lab.produce('in', [['key-3', 'x']])
    const dying = createApp(counting, { log: faulty, stateDir: lab.stateDir, logger: false })
    await dying.start().catch(() => undefined)
    await dying.stopped.catch(() => undefined)
    const again = await run()
    expect(await counts(again)).toEqual({ ...FOUR_EACH, 'key-3': 5 })
    expect(logger.seen('restore-started')).toHaveLength(1)
    expect(logger.seen('restore-started')[0]?.['offsets']).toBeLessThanOrEqual(2)
  })

  it('restores all tasks, however long the log takes to open a reader', async () => {
    await run()
    await app?.stop()
    await rm(lab.stateDir, { recursive: true })
    const opened = Promise.withResolvers<void>()
    const log = new FaultyLog(lab.log)
    log.openReader = async (options) => {
      if (options.name === 'restore') await opened.promise
      return await lab.log.openReader(options)
    }
    app = createApp(counting, { log, stateDir: lab.stateDir, logger, commitInterval: 5 })
    const starting = app.start()
    while (logger.seen('restore-started').length < 4) await new Promise((resolve) => setTimeout(resolve, 5))
    opened.resolve()
    await starting
    expect(await counts(app)).toEqual(FOUR_EACH)
  })

  it('rebuilds tasks whose databases turn out to be damaged while they run', async () => {
    const tables = topology('tables', (t) => {
      t.table('in', { key: string(), value: string(), as: 'latest' })
    })
    const start = async (): Promise<App> => {
      app = createApp(tables, { log: lab.log, stateDir: lab.stateDir, logger, commitInterval: 5 })
      await app.start()
      await app.caughtUp()
      return app
    }
    const keys = Array.from({ length: 8_000 }, (_, i) => `key-${i}`)
    await lab.produce(
      'in',
      keys.map((key) => [key, 'x'] as const),
      100,
    )
    await start()
    await app?.stop()
    // Opening it again makes tables of what is in LevelDB's own log.
    await start()
    await app?.stop()
    const tasks = join(lab.stateDir, 'tasks')
    for (const task of await readdir(tasks)) {
      for (const file of await readdir(join(tasks, task))) {
        if (!file.endsWith('.ldb')) continue
        const bytes = await readFile(join(tasks, task, file))
        await writeFile(join(tasks, task, file), bytes.fill(0xff, bytes.length >> 2, bytes.length >> 1))
      }
    }
    await lab.produce(
      'in',
      keys.map((key) => [key, 'y'] as const),
      10_000,
    )
    const again = await start()
    expect(Object.fromEntries(await again.store('latest').range(undefined, undefined, { limit: keys.length }))).toEqual(
      Object.fromEntries(keys.map((key) => [key, 'y'])),
    )
    expect(logger.seen('state-rebuilt').length).toBeGreaterThan(0)
  })

  it('rebuilds a task whose database is damaged', async () => {
    await run()
    await app?.stop()
    const tasks = join(lab.stateDir, 'tasks')
    for (const task of await readdir(tasks)) {
      for (const file of await readdir(join(tasks, task))) {
        if (file.startsWith('MANIFEST') || file === 'CURRENT') await writeFile(join(tasks, task, file), 'garbage')
      }
    }
    const again = await run()
    expect(await counts(again)).toEqual(FOUR_EACH)
    expect(logger.seen('state-rebuilt').length).toBeGreaterThan(0)
  })

  it('rebuilds state whose changelog was truncated beyond its checkpoint', async () => {
    await run()
    await app?.stop()
    const ends = await lab.log.admin.endOffsets(Array.from({ length: 4 }, (_, partition) => ({ topic: CHANGELOG, partition })))
    await lab.log.admin.deleteRecords(ends)
    const writer = await lab.log.openWriter({ name: 'operator' })
    await writer.prepare([CHANGELOG])
    for (let partition = 0; partition < 4; partition++) writer.append(CHANGELOG, partition, 0, 'none', null)
    await writer.flush()
    const more = await lab.log.admin.endOffsets([...ends.keys()].map((_, partition) => ({ topic: CHANGELOG, partition })))
    await lab.log.admin.deleteRecords(more)
    const again = await run()
    expect(await counts(again)).toEqual({})
    expect(logger.seen('state-rebuilt')[0]?.['why']).toMatch(/which begins at \d+ by now/)
  })

  it('is refused when the changelog was deleted and made anew', async () => {
    await run()
    await app?.stop()
    await lab.log.admin.deleteTopics([CHANGELOG])
    app = createApp(counting, { log: lab.log, stateDir: lab.stateDir, logger: false })
    await expect(app.start()).rejects.toMatchObject({
      code: 'STATE_LOST',
      message: expect.stringMatching(/The state of task in_\d cannot be rebuilt: store "counts" is at offset \d+/),
    })
  })

  it('keeps state exact under at-least-once when a process dies before its commit', async () => {
    await run('at-least-once')
    await app?.stop()
    const faulty = new FaultyLog(lab.log)
    faulty.order(0, { error: 'LOG_CORRUPT', when: 'before' })
    await lab.produce('in', RECORDS)
    const dying = createApp(counting, {
      log: faulty,
      stateDir: lab.stateDir,
      logger: false,
      guarantee: 'at-least-once',
      commitInterval: 300,
    })
    await dying.start().catch(() => undefined)
    await dying.stopped.catch(() => undefined)
    const again = await run('at-least-once')
    expect(await counts(again)).toEqual(Object.fromEntries(Object.entries(FOUR_EACH).map(([key, count]) => [key, count * 2])))
  })
})
