import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedLog } from '@millrace/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startChildProgram } from '../support/child-process.ts'
import { ACCOUNTS, readHeld } from './committed-transfers.ts'

const KILLS = 8
const PROGRAM = new URL('./commits-in-a-loop.ts', import.meta.url)

const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'))
afterAll(() => rm(folder, { recursive: true }))

describe('an embedded log whose process is killed', () => {
  it('holds every acknowledged commit and no half of one, each time', { timeout: 120_000 }, async () => {
    let from = 0
    for (let kill = 0; kill < KILLS; kill++) {
      await using program = startChildProgram(PROGRAM, { args: [folder] })
      await program.line(`acknowledged ${from + 20 + Math.floor(Math.random() * 300)}`)
      await program.kill()
      const acknowledged = Number(program.output.at(-1)?.split(' ')[1])

      const held = await readHeld(folder)
      // One more may have been written before its acknowledgement could be said.
      expect([acknowledged + 1, acknowledged + 2]).toContain(held.offset)
      expect(held.journal).toEqual(Array.from({ length: held.offset }, (_, number) => number))
      const expected = Array.from({ length: Math.min(ACCOUNTS, held.offset) }, (_, account): [string, number] => {
        return [`account-${account}`, account + ACCOUNTS * Math.floor((held.offset - 1 - account) / ACCOUNTS)]
      })
      expect(held.balances).toEqual(new Map(expected))
      from = held.offset
    }
    expect((await readHeld(folder)).balanceRecords).toBeLessThan(from / 2)
  })

  it('keeps a second process out, telling it what to do', { timeout: 60_000 }, async () => {
    await using program = startChildProgram(PROGRAM, { args: [folder] })
    await program.line('acknowledged')
    await expect(embeddedLog({ location: folder }).admin.describeTopics([])).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: expect.stringMatching(new RegExp(`${folder}.*one process at a time.*Stop the other one`, 's')),
    })
    await program.kill()
    await expect(readHeld(folder)).resolves.toBeDefined()
  })
})
