import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openTaskState } from '../open-task-state.ts'
import { textCodec } from '../suite/subject.ts'
import type { TaskState } from '../task-state.ts'
import { levelEngine } from './level-engine.ts'

const ENTRIES = 100
const COMMITS = 60

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  folders.push(folder)
  return folder
}

function open(location: string, writeBufferBytes = 4 << 20): Promise<TaskState> {
  return openTaskState({
    engine: levelEngine({ location, writeBufferBytes }),
    stores: [{ kind: 'timestamped', name: 'table', key: textCodec, value: textCodec, caching: false }],
  })
}

/** A database whose commit n has written the keys `n-0`, `n-1`, … */
async function filled(writeBufferBytes?: number): Promise<string> {
  const location = await newFolder()
  const state = await open(location, writeBufferBytes)
  const table = state.timestamped<string, string>('table')
  for (let commit = 1; commit <= COMMITS; commit++) {
    for (let i = 0; i < ENTRIES; i++) table.put(`${commit}-${i}`, `${commit}-${i} `.repeat(10), commit, [])
    await state.commit({ changelogs: { 'log/0': commit }, inputs: {} })
  }
  await state.close()
  return location
}

/** The number of commits that the database says it has, after making sure that all of them are there. */
async function commitsOf(location: string): Promise<number> {
  const state = await open(location)
  try {
    const commits = state.checkpoint?.changelogs['log/0'] ?? 0
    const table = state.timestamped<string, string>('table')
    for (let commit = 1; commit <= commits; commit++) {
      for (let i = 0; i < ENTRIES; i++) expect(table.get(`${commit}-${i}`)?.value).toBe(`${commit}-${i} `.repeat(10))
    }
    return commits
  } finally {
    await state.close()
  }
}

async function filesOf(location: string, ending: string): Promise<string[]> {
  return (await readdir(location)).filter((name) => name.endsWith(ending)).map((name) => join(location, name))
}

describe('levelEngine on a damaged folder', () => {
  it('is older, with the checkpoint that belongs to it, when its log was cut short', async () => {
    const location = await filled()
    const [log] = await filesOf(location, '.log')
    await truncate(log as string, Math.floor((await readFile(log as string)).length / 2))
    const commits = await commitsOf(location)
    expect(commits).toBeGreaterThan(0)
    expect(commits).toBeLessThan(COMMITS)
  })

  it('says STATE_CORRUPT when its log has a hole: a commit is missing, a later one is not', async () => {
    const location = await filled()
    const [log] = await filesOf(location, '.log')
    const bytes = await readFile(log as string)
    // What a power cut leaves of a page that was never written.
    bytes.fill(0, 3 * 32_768, 4 * 32_768)
    await writeFile(log as string, bytes)
    await expect(open(location)).rejects.toMatchObject({ code: 'STATE_CORRUPT', message: expect.stringContaining(location) })
  })

  for (const [damage, harm] of [
    ['cut short', async (file: string) => truncate(file, Math.floor((await readFile(file)).length / 2))],
    ['emptied', (file: string) => truncate(file, 0)],
    ['deleted', (file: string) => rm(file)],
    ['overwritten', async (file: string) => writeFile(file, (await readFile(file)).fill(0x5a))],
  ] as const) {
    it(`says STATE_CORRUPT when a table or the manifest was ${damage}`, async () => {
      const original = await filled(64 << 10)
      const names = (await readdir(original)).filter((name) => name.endsWith('.ldb') || name.startsWith('MANIFEST'))
      expect(names.length).toBeGreaterThan(2)
      let refused = 0
      for (const name of names) {
        const location = await newFolder()
        await cp(original, location, { recursive: true })
        await harm(join(location, name))
        const outcome = await commitsOf(location).catch((error: unknown) => error)
        // A table that a compaction has replaced may still lie about: nothing is missing without it.
        if (outcome === COMMITS) continue
        refused++
        expect(outcome).toMatchObject({ code: 'STATE_CORRUPT', message: expect.stringContaining(location) })
      }
      expect(refused).toBeGreaterThan(1)
    })
  }

  it('says STATE_IO when the folder cannot be made', async () => {
    const file = join(await newFolder(), 'file')
    await writeFile(file, '')
    await expect(open(join(file, 'state'))).rejects.toMatchObject({ code: 'STATE_IO', message: expect.stringContaining(file) })
  })
})

describe('levelEngine on a folder that another process has open', () => {
  it('says STATE_LOCKED, naming the folder and what to do', async () => {
    const location = await newFolder()
    const state = await open(location)
    const script = `
      import { levelEngine } from ${JSON.stringify(new URL('./level-engine.ts', import.meta.url).href)}
      await levelEngine({ location: ${JSON.stringify(location)} }).open().catch((error) => console.log(error.code, error.message))
    `
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(output).toContain('STATE_LOCKED')
    expect(output).toContain(location)
    expect(output).toContain('own state directory')
    await state.close()
  })
})
