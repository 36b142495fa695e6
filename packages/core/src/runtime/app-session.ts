import type { Store } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { PlanDiff, TopologyPlan } from '../plan/index.ts'
import type { ChangeFeed } from '../query/index.ts'
import { groupCaughtUp } from './caught-up.ts'
import { GlobalTables } from './global-tables.ts'
import type { Logger } from './logger.ts'
import { openLog } from './open-log.ts'
import type { ResolvedOptions } from './options.ts'
import { describeState } from './state-description.ts'
import { StateFolder } from './state-folder.ts'
import { findTopic, prepareTopics, type TopicCheck } from './topics.ts'
import { Worker, type WorkerStatus } from './worker.ts'

export interface AppSessionOptions {
  readonly plan: TopologyPlan
  readonly settings: ResolvedOptions
  readonly logger: Logger
  readonly feeds: ReadonlyMap<string, ChangeFeed>
  readonly onStatus: (status: WorkerStatus) => void
}

/** What an app has open between start and stop: its folder, its log and its worker. */
export class AppSession {
  readonly worker: Worker
  readonly #options: AppSessionOptions
  readonly #log: Log
  readonly #partitions: ReadonlyMap<string, number>
  readonly #folder: StateFolder
  readonly #globals: GlobalTables
  readonly #closeLog: () => Promise<void>
  readonly #over = new AbortController()

  private constructor(
    options: AppSessionOptions,
    log: Log,
    partitions: ReadonlyMap<string, number>,
    worker: Worker,
    folder: StateFolder,
    globals: GlobalTables,
    closeLog: () => Promise<void>,
  ) {
    this.#options = options
    this.#log = log
    this.#partitions = partitions
    this.worker = worker
    this.#folder = folder
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
      globals = await GlobalTables.open({ ...options, log, folder, partitions })
      const worker = await Worker.open({
        ...options,
        log,
        folder,
        partitions,
        globals,
        findTopic: (topic) => findTopic(check, topic),
      })
      return new AppSession(options, log, partitions, worker, folder, globals, closeLog)
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
        await this.#folder.close()
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
    const { plan } = this.#options
    await Promise.all([...this.worker.connectors.sources].map((source) => source.caughtUp()))
    await this.#globals.caughtUp(this.#over.signal)
    await groupCaughtUp({
      log: this.#log,
      plan,
      partitions: this.#partitions,
      commitSoon: () => this.worker.commitSoon(),
      signal: this.#over.signal,
    })
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
