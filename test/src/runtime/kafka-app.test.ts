import { type App, type AppOptions, createApp, string, topology, type Topology } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { uniqueName } from '../support/unique-name.ts'
import { waitUntil } from '../support/wait-until.ts'
import { KafkaLab } from './kafka-lab.ts'

const WORDS = 'the quick brown fox jumps over the lazy dog and the dog sleeps'.split(' ')

/** Counts words through a repartition topic; without caching every update comes out. */
function wordcount(lines: string, counts: string): Topology {
  return topology(uniqueName('wordcount'), (t) => {
    t.stream(lines, { key: string(), value: string() })
      .groupBy((word) => word, { key: string() })
      .count({ as: 'counts', caching: false })
      .toStream()
      .mapValues((count) => String(count), { value: string() })
      .to(counts)
  })
}

function words(count: number): readonly (readonly [string, string])[] {
  return Array.from({ length: count }, (_, i) => [`k${i}`, WORDS[i % WORDS.length] as string] as const)
}

function tally(records: readonly (readonly [string, string])[]): Record<string, string[]> {
  const byWord: Record<string, string[]> = {}
  for (const [word, count] of records) (byWord[word] ??= []).push(count)
  return byWord
}

/** Each word counted up by one, without a gap or a repetition. */
function expected(total: number): Record<string, string[]> {
  const byWord: Record<string, string[]> = {}
  for (const [, word] of words(total)) {
    const counts = (byWord[word] ??= [])
    counts.push(String(counts.length + 1))
  }
  return byWord
}

describe('apps on Kafka', () => {
  it('two share the work; when one stops the other takes over, and nothing is lost or doubled', async () => {
    await using lab = await KafkaLab.open()
    const [lines, counts] = [await lab.topic(), await lab.topic()]
    const program = wordcount(lines, counts)
    const options = (name: string): AppOptions => ({
      kafka: { brokers: lab.brokers },
      stateDir: lab.stateDir(name),
      logger: false,
      replicas: 1,
    })
    const first = createApp(program, options('first'))
    const second = createApp(program, options('second'))
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
      expect(tally(await lab.read(counts))).toEqual(expected(390))
      expect(await second.store('counts').get('the')).toBe(expected(390)['the']?.length)
    } finally {
      await Promise.all([first.stop(), second.stop()])
    }
  })
})

async function tasksOf(app: App): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const watching = app.metrics$.subscribe(({ metrics }) => resolve(metrics.filter(({ name }) => name === 'process-total').length))
  return promise.finally(() => watching.unsubscribe())
}
