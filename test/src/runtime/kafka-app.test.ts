import { type App, type AppOptions, createApp } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { startChildProgram } from '../support/child-process.ts'
import { uniqueName } from '../support/unique-name.ts'
import { waitUntil } from '../support/wait-until.ts'
import { KafkaLab } from './kafka-lab.ts'
import { expectedTally, tally, wordcount, words } from './wordcount.ts'

describe('apps on Kafka', () => {
  it('two share the work; when one stops the other takes over, and nothing is lost or doubled', async () => {
    await using lab = await KafkaLab.open()
    const [lines, counts, appId] = [await lab.topic(), await lab.topic(), uniqueName('wordcount')]
    const options = (name: string): AppOptions => ({
      kafka: { brokers: lab.brokers },
      appId,
      stateDir: lab.stateDir(name),
      logger: false,
      replicas: 1,
    })
    const first = createApp(wordcount(lines, counts), options('first'))
    const second = createApp(wordcount(lines, counts), options('second'))
    try {
      await lab.produce(lines, words(130))
      await first.start()
      await first.caughtUp()
      await second.start()
      await waitUntil(async () => (await tasksOf(first)) === 4 && (await tasksOf(second)) === 4, {
        what: 'both have four of the eight tasks',
      })
      await lab.produce(lines, words(130))
      await Promise.all([first.caughtUp(), second.caughtUp()])
      await first.stop()
      await lab.produce(lines, words(130))
      await second.caughtUp()
      expect(await tasksOf(second)).toBe(8)
      expect(tally(await lab.read(counts))).toEqual(expectedTally(390))
      expect(await second.store('counts').get('the')).toBe(expectedTally(390)['the']?.length)
    } finally {
      await Promise.all([first.stop(), second.stop()])
    }
  })

  it('one that is killed again and again, while another runs, loses and doubles nothing', async () => {
    await using lab = await KafkaLab.open()
    const [lines, counts, appId] = [await lab.topic(), await lab.topic(), uniqueName('wordcount')]
    const start = (name: string) =>
      startChildProgram(new URL('wordcount-program.ts', import.meta.url), {
        env: { APP_ID: appId, LINES: lines, COUNTS: counts, BROKERS: lab.brokers.join(','), STATE_DIR: lab.stateDir(name) },
      })
    const words13 = words(1_300)
    await using steady = start('steady')
    for (let round = 0; round < 4; round++) {
      await using killed = start('killed')
      await lab.produce(lines, words13)
      await waitUntil(() => killed.output.some((line) => line.includes('assigned')), { what: 'the app has tasks' })
      await new Promise((resolve) => setTimeout(resolve, round * 150))
      await killed.kill()
    }
    const total = 4 * words13.length
    await waitUntil(async () => (await lab.read(counts)).length >= total, { what: 'all updates are there', timeoutMs: 60_000 })
    expect(tally(await lab.read(counts))).toEqual(expectedTally(total))
    expect(await steady.stop('SIGTERM')).toBe(0)
  })

  it('ends on SIGTERM with its work committed, well within ten seconds', async () => {
    await using lab = await KafkaLab.open()
    const [lines, counts, appId] = [await lab.topic(), await lab.topic(), uniqueName('wordcount')]
    await lab.produce(lines, words(13))
    await using program = startChildProgram(new URL('wordcount-program.ts', import.meta.url), {
      env: { APP_ID: appId, LINES: lines, COUNTS: counts, BROKERS: lab.brokers.join(','), STATE_DIR: lab.stateDir('one') },
    })
    await waitUntil(async () => (await lab.read(counts)).length === 13, { what: 'all updates are there' })
    const before = performance.now()
    expect(await program.stop('SIGTERM')).toBe(0)
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(program.output.at(-1)).toBe('stopped')
  })
})

async function tasksOf(app: App): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const watching = app.metrics$.subscribe(({ metrics }) => resolve(metrics.filter(({ name }) => name === 'process-total').length))
  return promise.finally(() => watching.unsubscribe())
}
