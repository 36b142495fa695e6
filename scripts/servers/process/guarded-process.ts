import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import type { Writable } from 'node:stream'

/**
 * Replaces itself by the program, and leaves a guard behind that reads a pipe from the process that started it.
 * The pipe's end without a word means that this process is gone, however it died: the guard kills the program and deletes the folder.
 * The guard stays in the program's process group, so the program's pid cannot be given to a stranger while the guard may still kill it.
 */
const GUARD_SCRIPT = `
program=$$
folder=$1
shift
(
  while read -r word; do [ "$word" = release ] && exit 0; done
  kill -KILL "$program"
  rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
) <&3 >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`

export interface GuardedProcessOptions {
  readonly command: readonly string[]
  /** stdout and stderr are appended to this file. */
  readonly logFile: string
  /** Deleted when the process that starts this one dies without having ended it. */
  readonly folder: string
}

/** A program that never outlives the process that started it, not even when that one is SIGKILLed. Does not keep it alive either. */
export class GuardedProcess {
  readonly pid: number
  /** Settles when the program has ended: its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  readonly #child: ChildProcess
  #running = true

  private constructor(child: ChildProcess, pid: number, guard: Writable) {
    this.pid = pid
    this.#child = child
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#running = false
        guard.end('release\n')
        resolve(signal ?? code ?? 0)
      })
    })
  }

  /** @throws the system's error when there is no /bin/sh */
  static async start({ command, logFile, folder }: GuardedProcessOptions): Promise<GuardedProcess> {
    const log = openSync(logFile, 'a')
    try {
      const child = spawn('/bin/sh', ['-c', GUARD_SCRIPT, 'guard', folder, ...command], {
        cwd: folder,
        detached: true, // a group of its own: Ctrl-C in the terminal is for the application, which then stops its servers
        stdio: ['ignore', log, log, 'pipe'],
      })
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      const guard = child.stdio[3] as Writable
      guard.on('error', () => {}) // EPIPE: somebody killed the guard with the program's group
      child.unref()
      if ('unref' in guard && typeof guard.unref === 'function') guard.unref()
      return new GuardedProcess(child, child.pid as number, guard)
    } finally {
      closeSync(log)
    }
  }

  get running(): boolean {
    return this.#running
  }

  /** Sends the signal and waits for the end; after `patienceMs` without one, SIGKILL. */
  async end(signal: NodeJS.Signals, patienceMs: number): Promise<void> {
    if (!this.#running) return
    this.#child.ref()
    this.#child.kill(signal)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs)
    await this.ended
    clearTimeout(timer)
  }
}
