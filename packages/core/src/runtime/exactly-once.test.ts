import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topology, type Topology } from '../dsl/index.ts'
import type { MillraceErrorCode } from '../errors.ts'
import { string } from '../serde/index.ts'
import { type App, createApp } from './app.ts'
import { FaultyLog } from './test-support/faulty-log.ts'
import { Lab } from './test-support/lab.ts'

/** Two sub-topologies, two stores; without caching every update is written, so a doubled or lost record shows. */
const counts: Topology = topology('counts', (t) => {
  t.stream('words', { key: string(), value: string() })
    .groupBy((word) => word, { key: string() })
    .count({ as: 'counts', caching: false })
    .toStream()
    .mapValues((count) => String(count), { value: string() })
    .to('updates')
})

const WORDS = 'the quick brown fox jumps over the lazy dog and the dog sleeps'.split(' ')

/** What each word must have been counted to, in order. */
function expected(total: number): Record<string, string[]> {
  const updates: Record<string, string[]> = {}
  for (let i = 0; i < total; i++) {
    const word = WORDS[i % WORDS.length] as string
    const list = (updates[word] ??= [])
    list.push(String(list.length + 1))
  }
  return updates
}

describe('exactly-once', { timeout: 20_000 }, () => {
  let lab: Lab
  let log: FaultyLog
  let produced = 0
  let app: App | undefined

  beforeEach(async () => {
    lab = await Lab.open()
    log = new FaultyLog(lab.log)
    produced = 0
    await lab.topics('words', 'updates')
  })

  afterEach(async () => {
    await app?.stop()
    await lab.close()
  })

  const produce = async (count: number): Promise<void> => {
    const records = Array.from({ length: count }, (_, i) => [`k${i}`, WORDS[(produced + i) % WORDS.length] as string] as const)
    await lab.produce('words', records, produced)
    produced += count
  }

  const create = (): App => {
    app = createApp(counts, { log, stateDir: lab.stateDir, logger: false, commitInterval: 5 })
    return app
  }

  const updates = async (): Promise<Record<string, string[]>> => {
    const byWord: Record<string, string[]> = {}
    for (const [word, count] of await lab.read('updates')) (byWord[word ?? ''] ??= []).push(count ?? '')
    return byWord
  }

  // A fatal error drops what is uncommitted and writes nothing on the way out, as a crash does. `after` is the worst
  // moment: the log has the transaction, LevelDB does not.
  it('loses and doubles nothing, whichever commits a process dies in', { timeout: 60_000 }, async () => {
    const crash = fc.record({
      after: fc.nat(4),
      when: fc.constantFrom('before' as const, 'after' as const),
      records: fc.integer({ min: 1, max: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { minLength: 1, maxLength: 4 }), async (crashes) => {
        for (const { after, when, records } of crashes) {
          await produce(records)
          log.order(after, { error: 'LOG_CORRUPT', when })
          const dying = create()
          await dying
            .start()
            .then(() => dying.caughtUp())
            .catch(() => undefined)
          await dying.stop()
        }
        log.heal()
        await produce(7)
        const last = create()
        await last.start()
        await last.caughtUp()
        await last.stop()
        expect(await updates()).toEqual(expected(produced))
      }),
      { numRuns: 12 },
    )
  })

  it.each<[MillraceErrorCode, 'before' | 'after']>([
    ['TRANSACTION_ABORTED', 'before'],
    ['TRANSACTION_ABORTED', 'after'],
    ['REBALANCE_IN_PROGRESS', 'before'],
    ['NOT_A_MEMBER', 'before'],
    ['FENCED', 'before'],
  ])('goes on by itself after %s that comes %s the commit', async (error, when) => {
    for (const after of [0, 3, 4]) log.order(after, { error, when })
    await produce(50)
    const running = create()
    await running.start()
    await running.caughtUp()
    await produce(50)
    await running.caughtUp()
    expect(running.state.status).not.toBe('failed')
    expect(await updates()).toEqual(expected(100))
    expect(await running.store('counts').get('the')).toBe(expected(100)['the']?.length)
  })

  it('does not touch state that the log already has when the process is gone between log and store', async () => {
    await produce(30)
    log.order(0, { error: 'LOG_CORRUPT', when: 'after' })
    const dying = create()
    await dying
      .start()
      .then(() => dying.stopped)
      .catch(() => undefined)
    await produce(1)
    const next = create()
    await next.start()
    await next.caughtUp()
    expect(await updates()).toEqual(expected(31))
  })
})
