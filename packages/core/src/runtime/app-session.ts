import type { Store } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { PlanDiff } from '../plan/index.ts'
import { groupCaughtUp } from './caught-up.ts'
import { GlobalTables } from './global-tables.ts'
import type { Logger } from './logger.ts'
import type { OpenApp } from './open-app.ts'
import { openLog } from './open-log.ts'
import { describeState } from './state-description.ts'
import { StateFolder } from './state-folder.ts'
import { findTopic, prepareTopics, type TopicCheck } from './topics.ts'
import { Worker } from './worker.ts'
import type { WorkerStatus } from './worker-status.ts'

export interface AppSessionOptions extends Pick<OpenApp, 'plan' | 'settings' | 'logger' | 'feeds'> {
  readonly onStatus: (status: WorkerStatus) => void
}

/** What an app has open between start and stop: its folder, its log and its worker. */
export class AppSession {
  readonly worker: Worker
  readonly #app: OpenApp
  readonly #globals: GlobalTables
  readonly #closeLog: () => Promise<void>
  readonly #over = new AbortController()

  private constructor(app: OpenApp, worker: Worker, globals: GlobalTables, closeLog: () => Promise<void>) {
    this.#app = app
    this.worker = worker
    this.#globals = globals
    this.#closeLog = closeLog
  }

  /** Folder, log, topics, worker, in this order: nobody else's folder or topics are touched. */
  static async open(options: AppSessionOptions): Promise<AppSession> {
    const { plan, settings } = options
    const folder = await StateFolder.open(settings.stateDir)
    let log: Log | undefined
    let globals: GlobalTables | undefined
    // A log that the user has opened is the user's to close.
    const closeLog = async (): Promise<void> => {
      if (typeof settings.log === 'string') await log?.close()
    }
    try {
      log = openLog(settings, options.logger)
      const check: TopicCheck = {
        log,
        plan,
        partitions: settings.partitions,
        replicas: settings.replicas,
        ownLog: settings.log === 'embedded',
      }
      const partitions = await prepareTopics(check)
      warnOfChanges(await folder.claim(describeState(plan, partitions)), options.logger)
      const app: OpenApp = { ...options, log, folder, partitions }
      globals = await GlobalTables.open(app)
      const findMore = (topic: string): Promise<number> => findTopic(check, topic)
      const worker = await Worker.open({ ...app, globals, findTopic: findMore, onStatus: options.onStatus })
      return new AppSession(app, worker, globals, closeLog)
    } catch (error) {
      try {
        await globals?.close()
        await closeLog()
      } finally {
        await folder.close()
      }
      throw error
    }
  }

  /** Works until `stop`, then closes everything. */
  async run(): Promise<void> {
    try {
      await this.worker.run()
    } finally {
      this.#over.abort()
      try {
        await this.#closeLog()
      } finally {
        await this.#app.folder.close()
      }
    }
  }

  /** Gives up on a stop that takes too long: what still waits for the log fails. */
  abandon(): void {
    void this.#closeLog().catch(() => undefined)
  }

  stop(): void {
    this.#over.abort()
    this.worker.stop()
  }

  /** True from `stop`, or the worker's end, on. */
  get over(): boolean {
    return this.#over.signal.aborted
  }

  /** Resolves early when the session is over. */
  async caughtUp(): Promise<void> {
    await Promise.all([...this.worker.connectors.sources].map((source) => source.caughtUp()))
    await this.#globals.caughtUp(this.#over.signal)
    await groupCaughtUp({ ...this.#app, commitSoon: () => this.worker.commitSoon(), signal: this.#over.signal })
    if (!this.#over.signal.aborted) await this.#unlessOver(this.worker.turnDone(), 'it had caught up')
  }

  /** See Worker.query; rejects when the app stops before the answer. */
  query<T>(name: string, read: (instances: readonly Store[]) => Promise<T>): Promise<T> {
    return this.#unlessOver(this.worker.query(name, read), `the query of store "${name}" was answered`)
  }

  async #unlessOver<T>(answer: Promise<T>, what: string): Promise<T> {
    const over = Promise.withResolvers<never>()
    const end = (): void => over.reject(new MillraceError('APP_STATE', `The app stopped before ${what}.`))
    const { signal } = this.#over
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    try {
      return await Promise.race([answer, over.promise])
    } finally {
      signal.removeEventListener('abort', end)
    }
  }
}

/** State that begins empty where there was some is not an error, but nobody should find out late. */
function warnOfChanges(diff: PlanDiff | null, logger: Logger): void {
  if (diff === null) return
  for (const { from, to } of diff.renamed) {
    logger.warn('store-renamed', { from, to, action: 'the new store begins empty; name it as before to keep its state' })
  }
  for (const store of diff.orphaned) logger.warn('store-orphaned', { store })
}
