import { setTimeout as delay } from 'node:timers/promises'
import type { Logger, SourceFeed, SourceTask, SourceTaskContext } from '@millrace/core'
import { mysqlConnector, type MysqlOptions } from '@millrace/mysql-connector'

/** A record that was committed. */
export interface RecordedChange {
  readonly topic: string
  readonly key: string
  /** Null: deleted. */
  readonly value: Readonly<Record<string, unknown>> | null
  readonly text: string | null
  readonly timestamp: number
  /** The header `op`. */
  readonly op: string
}

/** What `mysqlTable` gives, as far as the source task is concerned. */
export interface FeedSource {
  readonly feed?: SourceFeed | undefined
  readonly topic?: string
}

export interface RecordingOptions {
  /** Called at each commit before it takes effect: how long it takes, ms. Default 0. */
  readonly commitMs?: () => number
  /** Asked after each commit: true crashes there, and starts again. */
  readonly crashes?: () => boolean
}

/**
 * Runs the MySQL source as the runtime does under exactly-once: only what is committed counts, and after a failure that can
 * be retried, or a crash, a new task goes on from the last position.
 */
export class RecordingSource implements AsyncDisposable {
  readonly committed: RecordedChange[] = []
  readonly positions: string[] = []
  /** Names of the events that were logged. */
  readonly logged: string[] = []
  /** What ended the source for good, if anything did. */
  failure: Error | undefined
  /** Failures after which it went on. */
  readonly retries: Error[] = []
  readonly #sources: readonly FeedSource[]
  readonly #mysql: MysqlOptions
  readonly #options: RecordingOptions
  readonly #logger: Logger = {
    debug: (event) => this.logged.push(event),
    info: (event) => this.logged.push(event),
    warn: (event) => this.logged.push(event),
    error: (event) => this.logged.push(event),
  }
  #position: Uint8Array | null = null
  #attempt: { readonly task: SourceTask; readonly stop: AbortController } | undefined
  #running: Promise<void> | undefined
  #stopping = false

  constructor(mysql: MysqlOptions, sources: readonly FeedSource[], options: RecordingOptions = {}) {
    this.#mysql = mysql
    this.#sources = sources
    this.#options = options
  }

  /** Other tables, from the same position on, with what was committed. */
  with(sources: readonly FeedSource[]): RecordingSource {
    return this.#copy(this.#mysql, sources)
  }

  /** Another server, from the same position on, with what was committed. */
  at(mysql: MysqlOptions): RecordingSource {
    return this.#copy(mysql, this.#sources)
  }

  #copy(mysql: MysqlOptions, sources: readonly FeedSource[]): RecordingSource {
    const next = new RecordingSource(mysql, sources, this.#options)
    next.committed.push(...this.committed)
    next.positions.push(...this.positions)
    next.#position = this.#position
    return next
  }

  start(): this {
    this.#stopping = false
    this.failure = undefined
    this.#running = this.#run()
    return this
  }

  /** Everything that the server had committed at the call is committed here. */
  async caughtUp(): Promise<this> {
    for (;;) {
      const attempt = this.#attempt
      if (this.failure !== undefined) throw this.failure
      try {
        await attempt?.task.caughtUp?.()
        if (attempt !== undefined && attempt === this.#attempt) return this
      } catch {
        // The next attempt is asked.
      }
      await delay(5)
    }
  }

  /** Resolves with what ended the source for good. */
  async failed(): Promise<Error> {
    await this.#running
    if (this.failure === undefined) throw new Error('the source has not failed')
    return this.failure
  }

  /** What was not committed is gone, a commit that is under way too. */
  async crash(): Promise<void> {
    this.#stopping = true
    this.#attempt?.stop.abort()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash()
  }

  /** Values by key, of one topic. */
  table(topic?: string): Map<string, Readonly<Record<string, unknown>>> {
    const rows = new Map<string, Readonly<Record<string, unknown>>>()
    for (const change of this.committed) {
      if (topic !== undefined && change.topic !== topic) continue
      if (change.value === null) rows.delete(change.key)
      else rows.set(change.key, change.value)
    }
    return rows
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const stop = new AbortController()
      const feeds = this.#sources.map((source) => {
        if (source.feed === undefined) throw new Error('no feed')
        return { ...source.feed, topic: source.topic ?? source.feed.name }
      })
      const { createSource, options } = mysqlConnector
      if (createSource === undefined) throw new Error('no source')
      const task = createSource(feeds, options.parse(this.#mysql))
      this.#attempt = { task, stop }
      try {
        await task.run(this.#context(stop))
      } catch (error) {
        if (stop.signal.aborted) continue
        if (!(error instanceof Error && 'retriable' in error && error.retriable === true)) {
          this.failure = error as Error
          return
        }
        this.retries.push(error)
        await delay(20)
      }
    }
  }

  #context(stop: AbortController): SourceTaskContext {
    const { signal } = stop
    let pending: RecordedChange[] = []
    let pendingBytes = 0
    let committing = false
    return {
      signal,
      logger: this.#logger,
      position: this.#position,
      emit: (topic, key, value, timestamp, headers) => {
        const text = value === null ? null : String(value)
        pendingBytes += 1 + (text?.length ?? 0)
        const op = String(headers.find(([name]) => name === 'op')?.[1])
        pending.push({ topic, key: String(key), value: text === null ? null : JSON.parse(text), text, timestamp, op })
      },
      get pendingBytes() {
        return pendingBytes
      },
      commit: async (position) => {
        if (committing) throw new Error('a commit while another is under way')
        committing = true
        const records = pending
        pending = []
        pendingBytes = 0
        await delay(this.#options.commitMs?.() ?? 0)
        if (signal.aborted) return await new Promise(() => {})
        this.committed.push(...records)
        this.positions.push(String(position))
        this.#position = Buffer.from(position as string)
        committing = false
        if (this.#options.crashes?.() !== true) return
        stop.abort()
        await new Promise(() => {})
      },
      report() {},
    }
  }
}
