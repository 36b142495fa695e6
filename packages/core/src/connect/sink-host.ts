import type { FetchedBatch, Log, LogReader } from '../log/log.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import type { Logger } from '../runtime/logger.ts'
import type { SinkTask, ViewPlan } from './connector.ts'
import type { FirstContact } from './first-contact.ts'
import { keepTrying } from './keep-trying.ts'

const POLL_MS = 500

export interface SinkHostOptions {
  readonly id: string
  readonly view: ViewPlan
  readonly partition: number
  readonly options: unknown
  readonly log: Log
  readonly logger: Logger
  /** Shared by all hosts of one connector in this app. */
  readonly firstContact: FirstContact
  /** Called once, with an error that trying again does not cure. */
  readonly onFailure: (error: Error) => void
}

/**
 * Feeds one partition of a view's topic to its sink, batch by batch, from where the sink says that it is. After a retriable
 * error the sink is opened anew and asked again, so a batch whose outcome is unknown is neither lost nor written twice.
 */
export class SinkHost {
  readonly id: string
  readonly topic: string
  readonly partition: number
  /** Records written since this host started. */
  written: number = 0
  /** Next offset to be written; -1 before the sink has said where it is. */
  position: number = -1
  endOffset: number = -1
  readonly #options: SinkHostOptions
  readonly #stopping = new AbortController()
  readonly #done: Promise<void>

  constructor(options: SinkHostOptions) {
    this.id = options.id
    this.topic = options.view.topic
    this.partition = options.partition
    this.#options = options
    const { signal } = this.#stopping
    this.#done = keepTrying({ ...options, event: 'sink-retry', signal }, (onProgress) => this.#attempt(onProgress))
  }

  /** Resolves when the batch under way is written and the sink is closed. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#done
  }

  async #attempt(onProgress: () => void): Promise<void> {
    const { view, partition, options, log, logger } = this.#options
    const { connector } = view
    if (connector.createSink === undefined) throw new Error(`connector "${connector.name}" has no sink`)
    const sink = connector.createSink(view, options)
    try {
      const topicPartition = { topic: view.topic, partition }
      this.position = await sink.open(topicPartition, logger)
      this.#options.firstContact.made()
      const reader = await log.openReader({ name: this.id, maxBufferedBytes: 4 * 1024 * 1024 })
      const wake = (): void => reader.wakeup()
      this.#stopping.signal.addEventListener('abort', wake)
      try {
        reader.assign(new Map([[topicPartitionKey(view.topic, partition), this.position]]))
        await this.#feed(reader, sink, onProgress)
      } finally {
        this.#stopping.signal.removeEventListener('abort', wake)
        await reader.close()
      }
    } finally {
      await sink.close().catch(() => undefined)
    }
  }

  async #feed(reader: LogReader, sink: SinkTask, onProgress: () => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      for (const batch of await reader.poll(POLL_MS)) {
        if (this.#stopping.signal.aborted) return
        await this.#write(sink, batch)
        onProgress()
      }
    }
  }

  async #write(sink: SinkTask, batch: FetchedBatch): Promise<void> {
    // What only moves offsets (markers of transactions) is not worth a transaction of the sink.
    if (batch.records.length > 0) await sink.write(batch)
    this.written += batch.records.length
    this.position = batch.nextOffset
    this.endOffset = batch.endOffset
  }
}
