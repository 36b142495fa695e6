import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ServerError } from '../server-error.ts'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** What the program reads from stdin. */
  readonly input?: string
}

/**
 * Runs a program to its end and returns what it wrote to stdout.
 *
 * @throws ServerError SERVER_FETCH_FAILED with the end of the program's output when it fails
 */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input = '', ...where } = options
  const child = spawn(file, args, where)
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message)).once('close', (code, signal) => resolve(signal ?? code ?? 0))
  })
  child.stdin.on('error', () => {}) // EPIPE: the program ended without reading all of it, which its exit code tells better
  child.stdin.end(input)
  const [stdout, stderr, outcome] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (outcome !== 0) {
    const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
    throw new ServerError('SERVER_FETCH_FAILED', `\`${file} ${args.join(' ')}\` failed (${outcome}):\n${output}`)
  }
  return stdout
}

/** The absolute path of a program on the PATH or in one of the folders given beside it; null when there is none. */
export function findProgram(name: string, otherFolders: readonly string[] = []): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...otherFolders]
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
