import { createApp, json, string, topology, type Topology, tumbling } from '@millrace/core'
import type { Click } from './clicks.ts'
import { Meter } from './meter.ts'
import { isCached, WINDOW_MS, type Workload, workloadOf } from './workload.ts'

// Millrace as a peer of the benchmark: environment in (BOOTSTRAP IN OUT APP_ID STATE_DIR WORKLOAD N), one RESULT line out. Processes
// N records, flushes, commits and closes; with N=0 it runs until SIGTERM.

const workload = workloadOf(process.env['WORKLOAD'] ?? 'W1')
const n = Number(process.env['N'] ?? 2_000_000)
const meter = new Meter(n)

const app = createApp(program(required('IN'), required('OUT')), {
  kafka: { brokers: (process.env['BOOTSTRAP'] ?? '127.0.0.1:9092').split(',') },
  appId: process.env['APP_ID'] ?? 'peer-millrace',
  stateDir: required('STATE_DIR'),
  guarantee: workload.startsWith('W3') ? 'exactly-once' : 'at-least-once',
  // As Kafka Streams has it: 100 ms under exactly-once, else 30 s.
  commitInterval: workload.startsWith('W3') ? '100ms' : '30s',
})

const stopped = new Promise<void>((resolve) => process.once('SIGTERM', resolve))
await app.start()
await Promise.race([n === 0 ? stopped : meter.done, app.stopped, stopped])
await app.stop()
if (n > 0) console.log(`RESULT ${JSON.stringify(meter.result('millrace', workload))}`)
process.exit(0)

function program(input: string, output: string): Topology {
  return topology('bench', (t) => {
    const clicks = t.stream(input, { key: string(), value: json<Click>() }).peek(() => meter.tick())
    if (workload === 'W1') {
      clicks
        .filter((click) => click.amount >= 50)
        .mapValues(({ page, amount }) => ({ page, amount }))
        .to(output)
      return
    }
    clicks
      .groupByKey()
      .windowedBy(tumbling({ size: WINDOW_MS, grace: '1m' }))
      .aggregate({
        as: 'w2',
        initial: () => ({ count: 0, sum: 0 }),
        add: (total, click) => ({ count: total.count + 1, sum: total.sum + click.amount }),
        retention: '1h',
        caching: isCached(workload as Workload),
      })
      .toStream((_total, { key, window }) => `${key}@${window.start}`, { key: string() })
      .to(output)
  })
}

function required(name: string): string {
  const value = process.env[name]
  if (value !== undefined && value !== '') return value
  console.error(`The environment variable ${name} is missing.`)
  process.exit(2)
}
