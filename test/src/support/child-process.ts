import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ChildProgramOptions {
  readonly args?: readonly string[]
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** How a program ended: its exit code, or the signal that killed it. */
export type Ending = number | NodeJS.Signals

/** A TypeScript program running in a process of its own, to be watched and killed by a test. */
export interface ChildProgram extends AsyncDisposable {
  readonly pid: number
  /** What it has written so far, line by line, stdout and stderr together. */
  readonly output: readonly string[]
  readonly ended: Promise<Ending>
  /**
   * The first line of stdout, already written or still to come, that contains the text or matches the pattern.
   *
   * @throws when the program ends or the time is up before that; the message holds the end of its output
   */
  line(wanted: string | RegExp, timeoutMs?: number): Promise<string>
  /** SIGKILL, as a crash would. Returns when the process is gone. */
  kill(): Promise<void>
  /** Sends a signal (default SIGTERM) and waits for the program's own ending. */
  stop(signal?: NodeJS.Signals): Promise<Ending>
}

/** Starts a TypeScript file with this repository's packages resolved to their sources. */
export function startChildProgram(file: URL, { args = [], env = {} }: ChildProgramOptions = {}): ChildProgram {
  const child = spawn(process.execPath, ['--conditions=@millrace/source', fileURLToPath(file), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new WatchedChild(child)
}

interface Waiter {
  readonly matches: (line: string) => boolean
  readonly found: (line: string) => void
}

class WatchedChild implements ChildProgram {
  readonly ended: Promise<Ending>
  readonly output: string[] = []
  readonly #child: ChildProcess
  readonly #stdoutLines: string[] = []
  readonly #waiters = new Set<Waiter>()

  constructor(child: ChildProcess) {
    this.#child = child
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve(signal ?? code ?? 0))
    })
    this.#read(child.stdout, (line) => {
      this.#stdoutLines.push(line)
      for (const waiter of this.#waiters) if (waiter.matches(line)) waiter.found(line)
    })
    this.#read(child.stderr, () => {})
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async line(wanted: string | RegExp, timeoutMs = 60_000): Promise<string> {
    const matches = (line: string) => (typeof wanted === 'string' ? line.includes(wanted) : wanted.test(line))
    const written = this.#stdoutLines.find(matches)
    if (written !== undefined) return written
    return await new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
      }
      const fail = (why: string) => {
        settle()
        reject(new Error(`${why} before a line with ${wanted}:\n${this.output.slice(-30).join('\n')}`))
      }
      const waiter: Waiter = {
        matches,
        found: (line) => {
          settle()
          resolve(line)
        },
      }
      const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs)
      this.#waiters.add(waiter)
      this.ended.then(
        (ending) => fail(`the program ended (${ending})`),
        (error: Error) => fail(`the program could not be started (${error.message})`),
      )
    })
  }

  async kill(): Promise<void> {
    await this.stop('SIGKILL')
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.#child.kill(signal)
    return await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #read(stream: NodeJS.ReadableStream | null, each: (line: string) => void): void {
    if (stream === null) return
    createInterface({ input: stream }).on('line', (line) => {
      this.output.push(line)
      each(line)
    })
  }
}
