import type { Store } from '@millrace/state-store'
import { Backoff, sleep } from '../connect/index.ts'
import type { LogReader, LogWriter } from '../log/log.ts'
import { Committer } from './committer.ts'
import { ConnectorTasks } from './connector-tasks.ts'
import type { GlobalTables } from './global-tables.ts'
import { Membership } from './membership.ts'
import type { OpenApp } from './open-app.ts'
import { recoveryFrom } from './recovery.ts'
import { RepartitionPurge } from './repartition-purge.ts'
import { Restorer, type RestoreProgress } from './restorer.ts'
import { StoreQueries } from './store-queries.ts'
import { StreamTasks } from './stream-tasks.ts'
import type { StreamTaskSpec } from './task-spec.ts'
import { openTasksWriter } from './tasks-writer.ts'
import { WorkerFigures } from './worker-figures.ts'
import { WorkerOutput } from './worker-output.ts'
import { StatusReports, type WorkerStatus } from './worker-status.ts'

/** Above this much unacknowledged output nothing more is processed, bytes. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024
/** Longest wait for input when nothing else is due, ms. */
const MAX_WAIT_MS = 1_000

export interface WorkerOptions extends OpenApp {
  /** Partition count of a topic that is not in the plan. @throws {MillraceError} TOPIC_MISSING */
  readonly findTopic: (topic: string) => Promise<number>
  readonly globals: GlobalTables
  readonly onStatus: (status: WorkerStatus) => void
}

/** What the next turn of the worker begins with. */
type Next =
  /** Replace the writer, then join. */
  | 'renew'
  /** Join the group (again). */
  | 'join'
  /** Open the stream tasks of the assignment. */
  | 'open'
  | 'run'

/**
 * One member of the application's group: owns tasks, gives them turns, commits for all of them. Everything happens in one loop, a
 * turn at a time; only restoring and the connectors' tasks go on beside it.
 */
export class Worker {
  readonly figures: WorkerFigures = new WorkerFigures()
  readonly streams: StreamTasks
  readonly connectors: ConnectorTasks
  readonly #options: WorkerOptions
  readonly #membership: Membership
  readonly #reader: LogReader
  readonly #output: WorkerOutput
  readonly #restorer: Restorer
  readonly #committer: Committer
  readonly #purge: RepartitionPurge
  readonly #stopping = new AbortController()
  readonly #backoff = new Backoff()
  #next: Next = 'join'
  #assigned: readonly StreamTaskSpec[] = []
  #failure: { readonly error: unknown } | undefined
  #commitAt = 0
  readonly #queries = new StoreQueries()
  #turnDone: (() => void)[] = []
  readonly #status: StatusReports

  /**
   * Opens what a worker needs of the log. The writer first: that ends what an earlier run of this process left open, before
   * committed offsets are read.
   */
  static async open(options: WorkerOptions): Promise<Worker> {
    const { log, settings } = options
    const writer = await openTasksWriter(options)
    const reader = await log.openReader({ name: 'tasks', outOfRange: settings.outOfRange })
    const membership = await Membership.open({ ...options, onRebalance: () => reader.wakeup() })
    return new Worker(options, writer, reader, membership)
  }

  private constructor(options: WorkerOptions, writer: LogWriter, reader: LogReader, membership: Membership) {
    const { plan, settings, log, logger, partitions, findTopic } = options
    this.#options = options
    this.#membership = membership
    this.#reader = reader
    this.#output = new WorkerOutput(writer, partitions, findTopic)
    this.#restorer = new Restorer(log, logger)
    this.#status = new StatusReports(options.onStatus)
    this.#purge = new RepartitionPurge(log.admin, logger, plan)
    const onFailure = (error: unknown): void => this.#fail(error)
    this.streams = new StreamTasks({ ...options, output: this.#output, reader, restorer: this.#restorer, onFailure })
    this.#committer = new Committer(this.#output, settings.guarantee, (task, error) => this.streams.failed(task, error))
    this.connectors = new ConnectorTasks({ ...options, onFailure })
  }

  get restoreProgress(): RestoreProgress {
    return this.#restorer.progress
  }

  /** Works until `stop` is called. Rejects with the error that nothing helped against; closes everything in either case. */
  async run(): Promise<void> {
    try {
      await this.#options.globals.restore(this.#stopping.signal)
      this.#options.globals.follow((error) => this.#fail(error))
      while (!this.#stopping.signal.aborted) {
        try {
          await this.#turnOrFail()
        } catch (error) {
          if (this.#stopping.signal.aborted) break
          await this.#recover(error)
        }
      }
      await this.connectors.stop()
      await this.#commitLast()
    } finally {
      await this.#close()
    }
  }

  /** Ends `run` with a last commit. */
  stop(): void {
    this.#stopping.abort()
    this.#reader.wakeup()
  }

  /** Commits what is uncommitted at the next turn instead of after the interval. */
  commitSoon(): void {
    this.#commitAt = 0
    this.#reader.wakeup()
  }

  /**
   * Calls `read` with the instances of a store in this process, when all of them are restored and hold committed state only:
   * at once if nothing is dirty, else after a commit that this asks for. No record is processed meanwhile.
   */
  query<T>(store: string, read: (instances: readonly Store[]) => Promise<T>): Promise<T> {
    const answer = this.#queries.add(store, read)
    this.#reader.wakeup()
    return answer
  }

  /** Resolves when the turn under way is done: what the log has of it is then in the stores, and live queries have heard of it. */
  turnDone(): Promise<void> {
    return new Promise((resolve) => {
      this.#turnDone.push(resolve)
      this.#reader.wakeup()
    })
  }

  async #turnOrFail(): Promise<void> {
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    if (this.#next === 'run' && this.#membership.rebalancing) {
      await this.#commit()
      this.#next = 'join'
    }
    switch (this.#next) {
      case 'renew':
        await this.#renew()
        break
      case 'join':
        await this.#join()
        break
      case 'open':
        await this.#open()
        break
      case 'run':
        await this.#turn()
    }
    this.#reportStatus()
    for (const done of this.#turnDone.splice(0)) done()
  }

  async #turn(): Promise<void> {
    const processed = this.streams.runSlice()
    if (this.#mustCommit(Date.now())) await this.#commit()
    await this.#answerQueries()
    if (this.#output.writer.pendingBytes > MAX_PENDING_BYTES) {
      await this.#output.writer.flush()
      // A log that keeps a transaction in memory until its end.
      if (this.#output.writer.pendingBytes > MAX_PENDING_BYTES) await this.#commit()
    }
    this.streams.deliver(await this.#reader.poll(processed > 0 ? 0 : this.#waitMs(Date.now())))
    if (processed > 0) await new Promise(setImmediate)
  }

  #mustCommit(now: number): boolean {
    return this.streams.wantsCommit || (now >= this.#commitAt && this.#uncommitted())
  }

  #uncommitted(): boolean {
    return this.streams.uncommitted || this.#output.appended > 0 || this.connectors.news().size > 0
  }

  #waitMs(now: number): number {
    const until = Math.min(this.streams.wakeAt, this.#uncommitted() ? this.#commitAt : Number.POSITIVE_INFINITY)
    return Math.max(0, Math.min(MAX_WAIT_MS, until - now))
  }

  async #commit(): Promise<void> {
    const { identity } = this.#membership
    if (identity === undefined) return
    await this.streams.settled()
    const started = performance.now()
    const offsets = this.connectors.news()
    const committed = await this.#committer.commit({ tasks: this.streams.running, identity, offsets })
    this.#commitAt = Date.now() + this.#options.settings.commitInterval
    if (committed === null) return
    this.figures.committed(performance.now() - started)
    this.connectors.told(offsets)
    this.#purge.committed(committed, Date.now())
    this.#backoff.reset()
  }

  async #renew(): Promise<void> {
    await this.#output.writer.close().catch(() => undefined)
    this.#output.writer = await openTasksWriter(this.#options)
    this.#next = 'join'
  }

  async #join(): Promise<void> {
    const { logger } = this.#options
    this.#status.report({ status: 'rebalancing' })
    this.figures.rebalances++
    const owned = [...this.streams.ids, ...this.connectors.ids]
    const { identity, specs, continuous } = await this.#membership.join(owned, this.#stopping.signal)
    logger.info('assigned', {
      member: identity.memberId,
      generation: identity.generation,
      tasks: specs.map(({ id }) => id).join(' '),
    })
    this.#assigned = specs.filter((spec) => spec.kind === 'stream')
    const kept = new Set(continuous ? this.#assigned.map(({ id }) => id) : [])
    await this.streams.close(this.streams.ids.filter((id) => !kept.has(id)))
    await this.connectors.assign(specs.filter((spec) => spec.kind !== 'stream'))
    this.#next = 'open'
  }

  async #open(): Promise<void> {
    const open = new Set(this.streams.ids)
    await this.streams.open(this.#assigned.filter(({ id }) => !open.has(id)))
    this.#commitAt = Date.now() + this.#options.settings.commitInterval
    this.#next = 'run'
  }

  async #recover(error: unknown): Promise<void> {
    const recovery = recoveryFrom(error)
    if (recovery === 'stop') throw error
    const waitMs = this.#backoff.next()
    this.figures.aborts++
    this.#options.logger.warn('aborted', { recovery, waitMs, error: String(error) })
    await this.streams.close(this.streams.ids)
    this.#output.appended = 0
    const kept = recovery !== 'renew' && (await abort(this.#output.writer))
    if (!kept || this.#next === 'renew') this.#next = 'renew'
    else this.#next = recovery === 'redo' && this.#next !== 'join' ? 'open' : 'join'
    await sleep(waitMs, this.#stopping.signal)
  }

  async #answerQueries(): Promise<void> {
    const global = this.#options.globals.stores
    const isReady = (store: string): boolean => global.has(store) || this.streams.isRestored(store)
    if (!this.#queries.some(isReady)) return
    if (this.streams.uncommitted) await this.#commit()
    await this.#queries.answer(isReady, (store) => {
      const everywhere = global.get(store)
      return everywhere === undefined ? this.streams.instancesOf(store) : [everywhere]
    })
  }

  /** What cannot be committed any more is left to whoever has these tasks next. */
  async #commitLast(): Promise<void> {
    if (this.#next !== 'run') return
    try {
      await this.#commit()
    } catch (error) {
      if (recoveryFrom(error) === 'stop') throw error
      this.#options.logger.warn('last-commit-failed', { error: String(error) })
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#reader.wakeup()
  }

  #reportStatus(): void {
    if (this.#next !== 'run') return
    const { tasks, remaining } = this.#restorer.progress
    this.#status.report(tasks === 0 ? { status: 'running' } : { status: 'restoring', tasks, remaining })
  }

  /** Whatever fails here fails after the work is committed or dropped: it is logged, and the rest is closed all the same. */
  async #close(): Promise<void> {
    const steps: (() => Promise<void>)[] = [
      () => this.connectors.stop(),
      () => this.#restorer.close(),
      () => this.streams.close(this.streams.ids),
      () => this.#options.globals.close(),
      () => this.#output.writer.abort(),
      () => this.#output.writer.close(),
      () => this.#reader.close(),
      () => this.#membership.leave(),
    ]
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        this.#options.logger.debug('close-failed', { error: String(error) })
      }
    }
  }
}

/** False when the writer is of no use any more. */
async function abort(writer: LogWriter): Promise<boolean> {
  try {
    await writer.abort()
    return true
  } catch {
    return false
  }
}
