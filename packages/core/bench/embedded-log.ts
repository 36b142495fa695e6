/**
 * What the embedded log costs: a million small records appended in transactions of ten thousand, then read back.
 *
 *     node --conditions=@millrace/source packages/core/bench/embedded-log.ts [records]
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedLog } from '../src/log/index.ts'

const RECORDS = Number(process.argv[2] ?? 1_000_000)
const PER_COMMIT = 10_000
const PARTITIONS = 4
const TOPIC = 'bench'

const texts = Array.from({ length: 50_000 }, (_, i) => ({
  key: `key-${i}`,
  value: JSON.stringify({
    id: i * 7919,
    customer: (i * 31) % 1000,
    amount: '12.50',
    paidAt: 1_700_000_000_000 + i,
    status: 'paid',
  }),
}))

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
const log = embeddedLog({ location: folder })
await log.admin.createTopics([{ topic: TOPIC, partitions: PARTITIONS, cleanup: 'delete', retentionMs: -1 }])

await measure('append and commit', async () => {
  const writer = await log.openWriter({ name: 'bench', transactionalId: 'bench' })
  await writer.prepare([TOPIC])
  for (let i = 0; i < RECORDS; i++) {
    const { key, value } = texts[i % texts.length] as (typeof texts)[number]
    writer.append(TOPIC, i % PARTITIONS, 1_700_000_000_000 + i, key, value)
    if ((i + 1) % PER_COMMIT === 0) await writer.commit()
  }
  await writer.commit()
  await writer.close()
})

await measure('read from the disk', async () => {
  const reader = await log.openReader({ name: 'bench' })
  reader.assign(new Map(Array.from({ length: PARTITIONS }, (_, partition) => [`${TOPIC}/${partition}`, 0])))
  for (let read = 0; read < RECORDS; ) for (const { records } of await reader.poll(1000)) read += records.length
  await reader.close()
})

await log.close()
let bytes = 0
for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size
process.stdout.write(`on disk: ${(bytes / RECORDS).toFixed(1)} bytes per record\n`)
await rm(folder, { recursive: true })

async function measure(what: string, work: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const perSecond = Math.round((RECORDS / ms) * 1000).toLocaleString('en')
  process.stdout.write(`${what}: ${((user + system) / RECORDS).toFixed(2)} µs of CPU per record, ${perSecond} records/s\n`)
}
