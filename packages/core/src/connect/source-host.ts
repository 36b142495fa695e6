import type { Log, LogWriter } from '../log/log.ts'
import { partitionForKey } from '../log/records/index.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Connector, FeedPlan, SourceTask } from './connector.ts'
import type { FirstContact } from './first-contact.ts'
import { keepTrying } from './keep-trying.ts'
import { type SourceOutput, SourceSession } from './source-session.ts'

/**
 * A transaction of the outside system is one of the log's, however long it takes to read: with the default of a minute a large one
 * would be aborted again and again. Within what brokers allow by default (transaction.max.timeout.ms, 15 minutes); what a dead
 * process left open its successor ends at once.
 */
const TRANSACTION_TIMEOUT_MS = 600_000

export interface SourceHostOptions {
  readonly id: string
  readonly app: string
  readonly connector: Connector
  readonly feeds: readonly FeedPlan[]
  readonly options: unknown
  readonly log: Log
  readonly logger: Logger
  /** Shared by all hosts of one connector in this app. */
  readonly firstContact: FirstContact
  readonly exactlyOnce: boolean
  /** Compacted topic of one partition that holds the position. */
  readonly positionsTopic: string
  /** Called once, with an error that trying again does not cure. */
  readonly onFailure: (error: Error) => void
}

/**
 * Runs a connector's source task in this process until it is stopped. What can be retried is: with a new writer (which
 * fences whatever the failed attempt left behind), from the last committed position.
 */
export class SourceHost {
  readonly id: string
  /** Records committed since this host started. */
  committed: number = 0
  /** What the connector reported last. */
  figures: Readonly<Record<string, number>> = {}
  readonly #options: SourceHostOptions
  readonly #stopping = new AbortController()
  readonly #done: Promise<void>
  /** The attempt under way, or the next one. */
  #attempt = Promise.withResolvers<Attempt>()

  constructor(options: SourceHostOptions) {
    this.id = options.id
    this.#options = options
    const { signal } = this.#stopping
    this.#done = keepTrying({ ...options, event: 'source-retry', signal }, (onProgress) => this.#runOnce(onProgress))
  }

  /** See SourceTask.caughtUp; at once when the connector cannot tell. An attempt that fails meanwhile is asked no more, the next one is. */
  async caughtUp(): Promise<void> {
    const over = this.#done.then(() => undefined)
    for (let caughtUp = false; !caughtUp; ) {
      const attempt = await Promise.race([this.#attempt.promise, over])
      if (attempt === undefined) return
      const { task, ended } = attempt
      const asked = task.caughtUp?.() ?? Promise.resolve()
      const failed = (): Promise<boolean> => ended.then(() => false)
      caughtUp = await Promise.race([asked.then(() => true, failed), failed()])
    }
  }

  /** Resolves when the task has returned and its writer is closed. What it had not committed is dropped. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#done
  }

  async #runOnce(onProgress: () => void): Promise<void> {
    const { app, connector, feeds, options, log, logger, exactlyOnce, positionsTopic } = this.#options
    // Opening fences earlier writers and ends their transactions; only then is the position final.
    const writer = await log.openWriter({
      name: this.id,
      ...(exactlyOnce
        ? { transactionalId: `${app}-source-${connector.name}`, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS }
        : {}),
    })
    try {
      const partitions = await writer.prepare([positionsTopic, ...feeds.map((feed) => feed.topic)])
      const position = await readPosition(log, this.id, positionsTopic)
      const session = new SourceSession({
        signal: this.#stopping.signal,
        logger,
        position,
        output: sourceOutput(writer, partitions, positionsTopic, exactlyOnce),
        onCommitted: (records) => {
          this.committed += records
          this.#options.firstContact.made()
          onProgress()
        },
        onReport: (figures) => {
          this.figures = figures
          this.#options.firstContact.made()
        },
      })
      if (connector.createSource === undefined) throw new Error(`connector "${connector.name}" has no source`)
      await this.#follow(connector.createSource(feeds, options), session)
      if (!this.#stopping.signal.aborted) throw new Error('the source task ended without being told to')
    } finally {
      await writer.abort().catch(() => undefined)
      await writer.close().catch(() => undefined)
    }
  }

  async #follow(task: SourceTask, session: SourceSession): Promise<void> {
    const ended = Promise.withResolvers<void>()
    this.#attempt.resolve({ task, ended: ended.promise })
    try {
      await task.run(session)
    } finally {
      await session.end()
      this.#attempt = Promise.withResolvers()
      ended.resolve()
    }
  }
}

interface Attempt {
  readonly task: SourceTask
  readonly ended: Promise<void>
}

const POSITION_KEY = 'position'

function sourceOutput(
  writer: LogWriter,
  partitions: ReadonlyMap<string, number>,
  positionsTopic: string,
  exactlyOnce: boolean,
): SourceOutput {
  let roundRobin = 0
  return {
    append: (topic, key, value, timestamp, headers) => {
      const count = partitions.get(topic)
      if (count === undefined) throw new Error(`"${topic}" is no topic of a feed of this connector`)
      writer.append(topic, key === null ? roundRobin++ % count : partitionForKey(key, count), timestamp, key, value, headers)
    },
    commit: async (position) => {
      // Without a transaction, a position must not become visible before the records that it stands for.
      if (!exactlyOnce) await writer.flush()
      writer.append(positionsTopic, 0, Date.now(), POSITION_KEY, position)
      await writer.commit()
    },
  }
}

/** The last committed position; null when there is none. */
async function readPosition(log: Log, name: string, topic: string): Promise<Uint8Array | null> {
  const partition = { topic, partition: 0 }
  const key = topicPartitionKey(topic, 0)
  const end = (await log.admin.endOffsets([partition], 'read-uncommitted')).get(key) ?? 0
  const beginning = (await log.admin.beginningOffsets([partition])).get(key) ?? 0
  if (beginning >= end) return null
  const reader = await log.openReader({ name: `${name}-position` })
  try {
    reader.assign(new Map([[key, beginning]]))
    let position: Uint8Array | null = null
    for (let next = beginning; next < end; ) {
      for (const batch of await reader.poll(500)) {
        for (const record of batch.records) position = record.value
        next = batch.nextOffset
      }
    }
    return position
  } finally {
    await reader.close()
  }
}
