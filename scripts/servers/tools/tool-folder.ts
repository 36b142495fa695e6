import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The repository's own folder for what it downloads; git-ignored. */
const TOOLS_FOLDER = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), '.tools')

/**
 * The folder `.tools/<name>`, made once: `fill` gets a temporary folder beside it, which takes the final name only when `fill` succeeded.
 * So a folder that exists is complete. A lock keeps two processes from doing the same download; the rename alone keeps them correct.
 *
 * @returns the folder's absolute path
 */
export async function toolFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(TOOLS_FOLDER, name)
  if (existsSync(folder)) return folder
  await mkdir(TOOLS_FOLDER, { recursive: true })
  const lock = `${folder}.lock`
  await takeLock(lock)
  try {
    if (existsSync(folder)) return folder
    const partial = await mkdtemp(`${folder}.partial-`)
    try {
      await fill(partial)
      await rename(partial, folder)
    } catch (error) {
      if (!existsSync(folder)) throw error
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
    return folder
  } finally {
    await rm(lock, { force: true })
  }
}

async function takeLock(file: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''))
    if (owner > 0 && !isAlive(owner)) await rm(file, { force: true })
    else await delay(200)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
