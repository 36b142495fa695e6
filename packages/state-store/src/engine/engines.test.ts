import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { stateStoreSuite } from '../suite/index.ts'
import { levelEngine } from './level-engine.ts'
import { memoryEngine } from './memory-engine.ts'

describe('memoryEngine passes the suite', () => {
  stateStoreSuite({
    test: it,
    fc,
    runs: 300,
    factory: async () => {
      const engine = memoryEngine()
      return { engine: () => engine, remove: async () => {} }
    },
  })
})

describe('levelEngine passes the suite', { timeout: 60_000 }, () => {
  stateStoreSuite({
    test: it,
    fc,
    runs: 40,
    factory: async () => {
      const location = await mkdtemp(join(tmpdir(), 'millrace-state-'))
      return { engine: () => levelEngine({ location }), remove: () => rm(location, { recursive: true }) }
    },
  })
})
