import { kafkaLog } from '../src/log/index.ts'

// KAFKA_BROKERS=host:port node --conditions=@millrace/source bench/kafka-log.ts [records, default 2000000]
// CPU per record of the Kafka log in this process (96-byte values, 4 partitions), and the latency of commits.

const brokers = process.env['KAFKA_BROKERS']?.split(',')
if (brokers === undefined) throw new Error('Set KAFKA_BROKERS to the address of a broker that may be written to.')
const records = Number(process.argv[2] ?? 2_000_000)
const PARTITIONS = 4
const TASKS = 16
const COMMITS = 200

const log = kafkaLog({ brokers })
const run = `bench-${Date.now()}`
const topic = `${run}-records`
const outputs = `${run}-outputs`
const changelog = `${run}-changelog`
await log.admin.createTopics([
  { topic, partitions: PARTITIONS, cleanup: 'delete', retentionMs: -1 },
  { topic: outputs, partitions: TASKS, cleanup: 'delete', retentionMs: -1 },
  { topic: changelog, partitions: TASKS, cleanup: 'compact' },
])
try {
  await produce()
  await consume()
  await commit()
} finally {
  await log.admin.deleteTopics([topic, outputs, changelog])
  await log.close()
}

async function produce(): Promise<void> {
  const keys = Array.from({ length: 10_000 }, (_, i) => `user-${i}`)
  const values = keys.map((key, i) =>
    JSON.stringify({ id: i, key, page: '/products/1234567', at: 1_700_000_000_000 + i }).padEnd(96),
  )
  const writer = await log.openWriter({ name: 'bench' })
  await writer.prepare([topic])
  const measure = start()
  for (let i = 0; i < records; i++) {
    writer.append(topic, i % PARTITIONS, 1_700_000_000_000 + i, keys[i % keys.length] ?? null, values[i % values.length] ?? null)
    if (writer.pendingBytes > 16 << 20) await writer.flush()
  }
  await writer.flush()
  measure('produce', records)
  await writer.close()
}

async function consume(): Promise<void> {
  const reader = await log.openReader({ name: 'bench' })
  const measure = start()
  reader.assign(new Map(Array.from({ length: PARTITIONS }, (_, partition) => [`${topic}/${partition}`, 0])))
  for (let read = 0; read < records; ) {
    for (const batch of await reader.poll(1000)) read += batch.records.length
  }
  measure('consume', records)
  await reader.close()
}

/** Each commit: 16 tasks, ten records for each in two topics, the offsets of a group. */
async function commit(): Promise<void> {
  const group = `${run}-group`
  const member = await log.openMember({ group, topics: [topic], onRebalance: () => {} })
  const everything = new Uint8Array()
  const { identity } = await member.join(everything, (members) => new Map(members.map(({ memberId }) => [memberId, everything])))
  const writer = await log.openWriter({ name: 'bench', transactionalId: run })
  await writer.prepare([outputs, changelog])
  const latencies: number[] = []
  const measure = start()
  for (let round = 1; round <= COMMITS; round++) {
    for (let task = 0; task < TASKS; task++) {
      for (let i = 0; i < 10; i++) {
        writer.append(outputs, task, 1_700_000_000_000, `key-${i}`, 'x'.repeat(50))
        writer.append(changelog, task, 1_700_000_000_000, `key-${i}`, 'x'.repeat(50))
      }
    }
    // The runtime goes on with other work between appending and committing.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const began = performance.now()
    await writer.commit({ identity, offsets: new Map([[`${topic}/0`, round]]) })
    latencies.push(performance.now() - began)
  }
  measure('commit of 16 tasks', COMMITS)
  latencies.sort((a, b) => a - b)
  const at = (share: number): string => `${latencies[Math.floor(latencies.length * share)]?.toFixed(1)} ms`
  console.log(`commit latency: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}`)
  await writer.close()
  await member.leave()
}

function start(): (what: string, count: number) => void {
  const cpu = process.cpuUsage()
  const began = performance.now()
  return (what, count) => {
    const { user, system } = process.cpuUsage(cpu)
    const wall = performance.now() - began
    console.log(`${what}: ${((user + system) / count).toFixed(2)} µs of CPU each, ${Math.round((count / wall) * 1000)} a second`)
  }
}
