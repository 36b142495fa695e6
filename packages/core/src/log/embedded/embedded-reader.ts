import { MillraceError } from '../../errors.ts'
import type { FetchedBatch, LogReader, ReaderOptions, TopicPartitionKey } from '../log.ts'
import { parseTopicPartition } from '../topic-partition.ts'
import type { LogStorage } from './log-storage.ts'
import { PartitionFeed } from './partition-feed.ts'

/** `poll` answers without a turn of the event loop while there is something prefetched, but not for longer than this, ms. */
const MAX_WITHOUT_TURN_MS = 5

/** Reads committed batches: nothing polls the disk, a commit wakes whoever waits. */
export class EmbeddedReader implements LogReader {
  readonly #storage: LogStorage
  readonly #name: string
  readonly #maxBufferedBytes: number
  readonly #outOfRange: NonNullable<ReaderOptions['outOfRange']>
  readonly #onClose: (reader: EmbeddedReader) => void
  readonly #feeds = new Map<TopicPartitionKey, PartitionFeed>()
  /** Ends the wait of the poll that is under way. */
  #wake: (() => void) | null = null
  #wakeups = 0
  #lastTurn = 0
  #closed = false

  constructor(storage: LogStorage, options: ReaderOptions, onClose: (reader: EmbeddedReader) => void) {
    this.#storage = storage
    this.#name = options.name
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 8 * 1024 * 1024
    this.#outOfRange = options.outOfRange ?? 'fail'
    this.#onClose = onClose
  }

  assign(positions: ReadonlyMap<TopicPartitionKey, number>): void {
    this.#checkOpen()
    const share = (): number => this.#maxBufferedBytes / this.#feeds.size
    const onReady = (): void => this.#wake?.()
    for (const [key, position] of positions) {
      const earlier = this.#feeds.get(key)
      earlier?.drop()
      const feed = new PartitionFeed(this.#storage, parseTopicPartition(key), position, this.#outOfRange, share, onReady)
      feed.paused = earlier?.paused ?? false
      this.#feeds.set(key, feed)
    }
  }

  unassign(partitions: Iterable<TopicPartitionKey>): void {
    for (const key of partitions) {
      this.#feeds.get(key)?.drop()
      this.#feeds.delete(key)
    }
  }

  pause(partitions: Iterable<TopicPartitionKey>): void {
    for (const key of partitions) this.#setPaused(key, true)
  }

  resume(partitions: Iterable<TopicPartitionKey>): void {
    for (const key of partitions) this.#setPaused(key, false)
    this.#wake?.()
  }

  async poll(maxWaitMs: number): Promise<readonly FetchedBatch[]> {
    this.#checkOpen()
    if (performance.now() - this.#lastTurn > MAX_WITHOUT_TURN_MS || !this.#ready()) await this.#turn()
    if (!this.#ready() && maxWaitMs > 0) await this.#wait(maxWaitMs)
    this.#wakeups = 0
    return this.#take()
  }

  wakeup(): void {
    this.#wakeups++
    this.#wake?.()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.unassign([...this.#feeds.keys()])
    this.#wake?.()
    this.#onClose(this)
  }

  #take(): FetchedBatch[] {
    this.#throwErrors()
    const taken: FetchedBatch[] = []
    for (const feed of this.#feeds.values()) {
      if (!feed.ready) continue
      const batch = feed.take()
      if (batch !== null) taken.push(batch)
    }
    if (taken.length === 0) this.#throwErrors()
    return taken
  }

  #throwErrors(): void {
    for (const feed of this.#feeds.values()) if (!feed.paused && feed.error !== null) throw feed.error
  }

  #ready(): boolean {
    if (this.#closed || this.#wakeups > 0) return true
    for (const feed of this.#feeds.values()) if (feed.ready) return true
    return false
  }

  /** Lets timers, I/O and other tasks run: a reader that always has something must not keep them out. */
  #turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#lastTurn = performance.now()
        resolve()
      })
    })
  }

  #wait(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), maxWaitMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
    })
  }

  #setPaused(key: TopicPartitionKey, paused: boolean): void {
    const feed = this.#feeds.get(key)
    if (feed !== undefined) feed.paused = paused
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new MillraceError('LOG_CLOSED', `Reader ${this.#name} of the embedded log was used after it was closed.`)
  }
}
