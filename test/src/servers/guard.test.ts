import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startChildProgram } from '../support/child-process.ts'
import { isAlive } from '../support/is-alive.ts'
import { waitUntil } from '../support/wait-until.ts'

const ServerFacts = z.object({ pid: z.int(), dataDir: z.string() })
const program = new URL('starts-a-server.ts', import.meta.url)

describe('a server and the process that started it', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'the server and its data are gone after the starter got %s',
    async (signal) => {
      await using starter = startChildProgram(program)
      const { pid, dataDir } = ServerFacts.parse(JSON.parse(await starter.line('pid')))
      expect(isAlive(pid)).toBe(true)
      expect(await starter.stop(signal)).toBe(signal)
      await waitUntil(() => !isAlive(pid), { what: 'the server is gone' })
      await waitUntil(() => !existsSync(dataDir), { what: 'its data are deleted' })
    },
  )

  it('a running server keeps nobody alive: a starter that has nothing else to do ends, and the server with it', async () => {
    await using starter = startChildProgram(program, { args: ['end'] })
    const { pid, dataDir } = ServerFacts.parse(JSON.parse(await starter.line('pid')))
    expect(await starter.ended).toBe(0)
    await waitUntil(() => !isAlive(pid) && !existsSync(dataDir), { what: 'the server and its data are gone' })
  })
})
