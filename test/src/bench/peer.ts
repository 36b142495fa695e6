import { createApp } from '@millrace/core'
import { Meter } from './meter.ts'
import { program } from './program.ts'
import { required } from './required.ts'
import { guaranteeOf, workloadOf } from './workload.ts'

// Millrace as a peer of the benchmark: environment in (BOOTSTRAP IN OUT APP_ID STATE_DIR WORKLOAD N), one RESULT line out. Processes
// N records, flushes, commits and closes; with N=0 it runs until SIGTERM.

const workload = workloadOf(process.env['WORKLOAD'] ?? 'W1')
const n = Number(process.env['N'] ?? 2_000_000)
const meter = new Meter(n)

const app = createApp(
  program(workload, required('IN'), required('OUT'), () => meter.tick()),
  {
    kafka: { brokers: (process.env['BOOTSTRAP'] ?? '127.0.0.1:9092').split(',') },
    appId: process.env['APP_ID'] ?? 'peer-millrace',
    stateDir: required('STATE_DIR'),
    ...guaranteeOf(workload),
  },
)

const stopped = new Promise<void>((resolve) => process.once('SIGTERM', resolve))
await app.start()
await Promise.race([n === 0 ? stopped : meter.done, app.stopped, stopped])
await app.stop()
if (n > 0) console.log(`RESULT ${JSON.stringify(meter.result('millrace', workload))}`)
process.exit(0)
