import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createApp, embeddedLog } from '@millrace/core'
import { expectation } from './expectation.ts'
import { Meter } from './meter.ts'
import { program } from './program.ts'
import { required } from './required.ts'
import { check, createTopic, loadClicks } from './topics.ts'
import { guaranteeOf, workloadOf } from './workload.ts'

// The same workloads on the embedded log. Only one process can have it open: so this one loads, is measured from the first record on, and
// verifies its own output. Environment as for peer.ts, and USERS.

const workload = workloadOf(required('WORKLOAD'))
const n = Number(required('N'))
const users = Number(required('USERS'))
const location = join(required('STATE_DIR'), 'log')

const log = embeddedLog({ location })
await loadClicks(log, 'in', n, users)
await createTopic(log, 'out')
const loaded = await bytesIn(location)
const meter = new Meter(n)
const app = createApp(
  program(workload, 'in', 'out', () => meter.tick()),
  {
    log,
    stateDir: join(required('STATE_DIR'), 'state'),
    ...guaranteeOf(workload),
  },
)
await app.start()
await Promise.race([meter.done, app.stopped])
await app.stop()
const result = meter.result('millrace embedded', workload)
const wrong = await check(log, 'out', expectation(workload, n, users))
await log.close()
const mebibytes = (bytes: number) => Math.round(bytes / 1048576)
const disk = {
  input: mebibytes(loaded),
  all: mebibytes(await bytesIn(location)),
  state: mebibytes(await bytesIn(join(required('STATE_DIR'), 'state'))),
}
console.error(`${workload} on disk, MiB: input ${disk.input}, with output and changelog ${disk.all}, state ${disk.state}`)
if (wrong === undefined) console.log(`RESULT ${JSON.stringify(result)}`)
else console.error(wrong)
process.exit(wrong === undefined ? 0 : 1)

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true })) {
    const file = await stat(join(folder, entry))
    if (file.isFile()) bytes += file.size
  }
  return bytes
}
