import { setTimeout as sleep } from 'node:timers/promises'
import { createApp, partitionForKey, string, TopologyTestDriver } from '@millrace/core'
import { expect, it } from 'vitest'
import { seededRandom } from '../../../examples/src/shop/random.ts'
import { KafkaLab } from '../runtime/kafka-lab.ts'
import { startChildProgram } from '../support/child-process.ts'
import { uniqueName } from '../support/unique-name.ts'
import { waitUntil } from '../support/wait-until.ts'
import { globalKeyOf, INPUTS, joins, OUTPUTS } from './joins-topology.ts'
import { JoinsWriter, PARTITIONS, type Written } from './joins-writer.ts'

const KILLS = 5
const TEXT = { key: string(), value: string() }

type Output = (typeof OUTPUTS)[number]
type Pairs = readonly (readonly [key: string, value: string])[]

// Laws of joins on Kafka whose process is killed again and again while their input is written:
//
// - The results of the left join of streams are those of one run without a kill, each as often: a left record is joined with
//   each right one that is near enough, or leaves alone, once. (Not their order: it hangs on which record shows that a window
//   has closed.)
// - Each row of the joins of tables, by key and by foreign key, and of the counts of these rows, is in the end what it is in
//   one run without a kill. (Not the changes in between: some are merged, and some overtake each other.)
// - A record leaves the join with a global table once; with the row that has been there from the start, and with one of those
//   that its other row ever was. In the order of the output that row never becomes an older one again, whoever was killed.
it(`joins lose and double nothing when their process is killed -9 ${KILLS} times`, async () => {
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  const appId = uniqueName('joins')
  await using lab = await KafkaLab.open()
  await lab.log.admin.createTopics(
    [...INPUTS, ...OUTPUTS].map((topic) => ({
      topic: `${appId}-${topic}`,
      partitions: PARTITIONS,
      cleanup: 'delete',
      retentionMs: -1,
    })),
  )
  await using writer = await JoinsWriter.open(lab.log, appId, INPUTS, random)
  for (const key of ['x', 'y']) await writer.write('prices', key, `price of ${key}`)
  const stateDir = lab.stateDir('app')
  const env = { APP_ID: appId, BROKERS: lab.brokers.join(','), STATE_DIR: stateDir }
  const writing = writer.writeOn()
  for (let kill = 0; kill < KILLS; kill++) {
    await using program = startChildProgram(new URL('joins-program.ts', import.meta.url), { env })
    // One in three is killed while it starts, the others at work.
    const assigned = (): boolean => program.output.some((line) => line.includes('assigned'))
    if (kill % 3 !== 2) await waitUntil(assigned, { what: 'the app has tasks' })
    await sleep(random.below(1500))
    expect(await program.stop('SIGKILL'), `it ended by itself: ${program.output.slice(-5).join('\n')}`).toBe('SIGKILL')
  }
  writer.stop()
  await writing
  const last = createApp(joins(appId), { kafka: { brokers: lab.brokers }, appId, stateDir, replicas: 1, logger: false })
  try {
    await last.start()
    await last.caughtUp()
    await closeWindows(writer)
    await last.caughtUp()
  } finally {
    await last.stop()
  }
  const read = (output: Output): Promise<Pairs> => lab.read(`${appId}-${output}`)
  const expected = await withoutKills(appId, writer.written)
  expect(sorted(await read('paired')), `seed ${seed}`).toEqual(sorted(expected('paired')))
  for (const output of ['accounts', 'accounts-by-letter', 'named', 'named-by-customer'] as const) {
    const rows = rowsOf(await read(output))
    expect(rows, `${output}, seed ${seed}`).toEqual(rowsOf(expected(output)))
    expect(Object.keys(rows).length).toBeGreaterThan(0)
  }
  checkPriced(await read('priced'), writer.written)
})

/** In each partition: what is near to nothing, after which all windows are closed. */
async function closeWindows(writer: JoinsWriter): Promise<void> {
  const keys = Array.from({ length: 40 }, (_, i) => `last${i}`)
  const byPartition = Map.groupBy(keys, (key) => partitionForKey(key, PARTITIONS))
  for (const topic of ['clicks', 'purchases', 'clicks']) {
    for (const [key = ''] of byPartition.values()) await writer.write(topic, key, 'x last', { later: 10_000 })
  }
}

async function withoutKills(prefix: string, written: readonly Written[]): Promise<(output: Output) => Pairs> {
  const program = joins(prefix)
  await using driver = await TopologyTestDriver.open(program, { partitions: PARTITIONS })
  for (const { topic, key, value, timestamp } of written) {
    await driver.input(`${prefix}-${topic}`, TEXT).pipe(key, value, { timestamp })
  }
  const results = new Map(
    OUTPUTS.map((output) => {
      const records = driver.output<string, string>(`${prefix}-${output}`, TEXT).readAll()
      return [output, records.map(({ key, value }) => [String(key), String(value)] as const)]
    }),
  )
  return (output) => results.get(output) ?? []
}

function checkPriced(priced: Pairs, written: readonly Written[]): void {
  const purchases = written.flatMap(({ topic, value }) => (topic === 'purchases' && value !== null ? [value] : []))
  const parts = priced.map(([, value]) => value.split('+'))
  expect(parts.map(([purchase = '']) => purchase).sort()).toEqual(purchases.sort())
  const rates = new Set(written.flatMap(({ topic, key, value }) => (topic === 'rates' ? [`${key} ${value}`] : [])))
  const newest = new Map<string, number>()
  for (const [index, [purchase = '', price, rate = '']] of parts.entries()) {
    const key = globalKeyOf(purchase)
    expect(price).toBe(`price of ${key}`)
    const partition = partitionForKey(priced[index]?.[0] ?? '', PARTITIONS)
    const seen = newest.get(`${key} ${partition}`)
    if (rate === 'null') expect(seen).toBeUndefined()
    else {
      expect(rates).toContain(`${key} ${rate}`)
      expect(Number(rate)).toBeGreaterThanOrEqual(seen ?? 0)
      newest.set(`${key} ${partition}`, Number(rate))
    }
  }
}

function sorted(pairs: Pairs): readonly string[] {
  return pairs.map(([key, value]) => `${key}: ${value}`).sort()
}

/** The rows of a table: what its changes come to. A count of nothing is as good as none. */
function rowsOf(changes: Pairs): Record<string, string> {
  return Object.fromEntries([...new Map(changes)].filter(([, value]) => value !== 'null' && value !== '0'))
}
