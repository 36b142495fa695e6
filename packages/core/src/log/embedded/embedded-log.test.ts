import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { logSuite } from '../suite/index.ts'
import { embeddedLog } from './embedded-log.ts'

const runner = { describe, it, afterAll }
const supports = { deleteRecordsExact: true, acceptedValueBytes: 1_000_000, refusedValueBytes: 2_000_000 }

logSuite({ name: 'the embedded log in memory', runner, supports, open: async () => embeddedLog({ location: 'memory' }) })

const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'))
logSuite({
  name: 'the embedded log on disk',
  runner,
  supports,
  open: async () => embeddedLog({ location: folder }),
  cleanUp: () => rm(folder, { recursive: true }),
})
