import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerError } from '../server-error.ts'
import { GuardedProcess } from './guarded-process.ts'

/** How long an orderly stop may take before SIGKILL. */
const STOP_PATIENCE_MS = 20_000
const POLL_MS = 20

export interface StopOptions {
  /** True: an orderly shutdown, after which `restart` finds the data. False (the default): the server is killed at once and its data deleted. */
  readonly keepData?: boolean
}

/** A server process on 127.0.0.1 whose data lives in a private folder. It never outlives the process that started it. */
export interface Server {
  readonly port: number
  /** Of the current incarnation; another one after `restart`. */
  readonly pid: number
  readonly running: boolean
  /** The private folder, under the system's temporary folder. */
  readonly dataDir: string
  readonly logFile: string
  /** Stops the server and deletes its data, unless told to keep them. Idempotent. */
  stop(options?: StopOptions): Promise<void>
  /** SIGKILL, as a crash would; the data stay as they are. */
  kill(): Promise<void>
  /** Starts again on the same port with the data that is there, after an orderly stop when still running. */
  restart(): Promise<void>
}

export interface ServerPlan {
  /** For messages and folder names. */
  readonly name: string
  readonly port: number
  readonly readyTimeoutMs: number
  /** Fills the private folder before the first start. */
  prepare(dataDir: string): Promise<void>
  command(dataDir: string): readonly string[]
  /** Asked repeatedly after a start. `newLog` is what this incarnation has logged. */
  isReady(newLog: string): boolean | Promise<boolean>
}

/** @throws ServerError SERVER_START_FAILED with the end of the server's log */
export async function startServer(plan: ServerPlan): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), `millrace-${plan.name.toLowerCase()}-`))
  const server = new LocalServer(plan, dataDir)
  try {
    await plan.prepare(dataDir)
    await server.restart()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

class LocalServer implements Server {
  readonly port: number
  readonly dataDir: string
  readonly logFile: string
  readonly #plan: ServerPlan
  #process: GuardedProcess | null = null
  #dataDeleted = false

  constructor(plan: ServerPlan, dataDir: string) {
    this.#plan = plan
    this.port = plan.port
    this.dataDir = dataDir
    this.logFile = join(dataDir, 'server.log')
  }

  get pid(): number {
    if (this.#process === null) throw new ServerError('SERVER_STATE', `${this.#plan.name} has never been started: it has no pid.`)
    return this.#process.pid
  }

  get running(): boolean {
    return this.#process?.running ?? false
  }

  async restart(): Promise<void> {
    if (this.#dataDeleted)
      throw new ServerError(
        'SERVER_STATE',
        `${this.#plan.name} was stopped and its data deleted: stop it with { keepData: true } to restart it later.`,
      )
    await this.stop({ keepData: true })
    const loggedBefore = (await this.#log()).length
    this.#process = await GuardedProcess.start({
      command: this.#plan.command(this.dataDir),
      logFile: this.logFile,
      folder: this.dataDir,
    })
    await this.#untilReady(this.#process, loggedBefore)
  }

  async stop(options: StopOptions = {}): Promise<void> {
    if (options.keepData === true) {
      await this.#process?.end('SIGTERM', STOP_PATIENCE_MS)
      return
    }
    await this.kill()
    this.#dataDeleted = true
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 3 })
  }

  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL', STOP_PATIENCE_MS)
  }

  async #untilReady(started: GuardedProcess, loggedBefore: number): Promise<void> {
    const { name, port, readyTimeoutMs } = this.#plan
    const deadline = Date.now() + readyTimeoutMs
    for (;;) {
      const ended = !started.running // asked before the log is read, which is complete then
      const newLog = (await this.#log()).slice(loggedBefore)
      if (ended)
        throw new ServerError(
          'SERVER_START_FAILED',
          `${name} on port ${port} ended (${await started.ended}) while starting:\n${tail(newLog)}`,
        )
      if (await this.#plan.isReady(newLog)) return
      if (Date.now() > deadline) {
        await this.kill()
        throw new ServerError(
          'SERVER_START_FAILED',
          `${name} on port ${port} was not ready after ${readyTimeoutMs} ms:\n${tail(newLog)}`,
        )
      }
      await delay(POLL_MS)
    }
  }

  async #log(): Promise<string> {
    return await readFile(this.logFile, 'utf8').catch(() => '')
  }
}

function tail(log: string): string {
  return log.trimEnd().split('\n').slice(-25).join('\n')
}
