import { MillraceError } from '../../errors.ts'
import type { FetchedBatch, ReaderOptions, TopicPartition } from '../log.ts'
import { BATCH, batchNextOffset, decodeRecordBatches, type LogRecord, readInt64 } from '../records/index.ts'
import type { LogStorage } from './log-storage.ts'
import type { PartitionFollower, PartitionLog } from './partition-log.ts'

/** What one `poll` takes of a partition at most, if its first batch is not larger: enough to make the call cheap. */
const TAKE_BYTES = 256 * 1024
const READ_ENTRIES = 16

/** A batch on its way to the reader; `batch` is null where the position moves without one. */
interface Prefetched {
  readonly batch: Buffer | null
  readonly nextOffset: number
  /** From the disk: its checksum is still to be verified. */
  readonly stored: boolean
}

/**
 * One reader's view of one partition. Behind the end, it reads ahead from the database up to its share of the reader's memory;
 * at the end it is handed each commit's batches as they become visible.
 */
export class PartitionFeed implements PartitionFollower, TopicPartition {
  readonly topic: string
  readonly partition: number
  paused = false
  readonly #storage: LogStorage
  readonly #log: PartitionLog | undefined
  readonly #outOfRange: NonNullable<ReaderOptions['outOfRange']>
  readonly #share: () => number
  readonly #onReady: () => void
  readonly #queue: Prefetched[] = []
  #error: Error | null = null
  #queuedBytes = 0
  /** Of the next record that poll returns, and of the next that is prefetched. */
  #position: number
  #fetchOffset: number
  #filling = false
  #dropped = false

  /** `share` says how many bytes may be held now; `onReady` is called when there is something to take, or an error. */
  constructor(
    storage: LogStorage,
    { topic, partition }: TopicPartition,
    position: number,
    outOfRange: NonNullable<ReaderOptions['outOfRange']>,
    share: () => number,
    onReady: () => void,
  ) {
    this.topic = topic
    this.partition = partition
    this.#storage = storage
    this.#log = storage.find(topic, partition)
    this.#outOfRange = outOfRange
    this.#share = share
    this.#onReady = onReady
    this.#position = position
    this.#fetchOffset = position
    this.#log?.followers.add(this)
    this.fill()
  }

  get ready(): boolean {
    return !this.paused && (this.#queue.length > 0 || this.#error !== null)
  }

  /** For poll to throw, once what came before it is taken; null: none. Only another position ends it. */
  get error(): Error | null {
    return this.#queue.length > 0 ? null : this.#error
  }

  /** Reads ahead as far as the share allows, in the background. */
  fill(): void {
    if (this.#filling || this.#error !== null) return
    void this.#readAhead()
  }

  onPublished(batches: readonly Buffer[], previousEnd: number): void {
    if (this.#error !== null) return
    if (this.#fetchOffset !== previousEnd || this.#queuedBytes >= this.#share()) {
      // Too far behind to be handed the batches: they are read from the database when there is room.
      if (this.#queue.length === 0) this.fill()
      return
    }
    for (const batch of batches) this.#push({ batch, nextOffset: batchNextOffset(batch, 0), stored: false })
    this.#signal()
  }

  /** Decodes what is prefetched, about TAKE_BYTES of it. Damage found on the way is left in `error`. */
  take(): FetchedBatch | null {
    let records: LogRecord[] = []
    let bytes = 0
    const from = this.#position
    while (bytes < TAKE_BYTES) {
      const next = this.#queue[0]
      if (next === undefined) break
      if (next.batch !== null) {
        try {
          const decoded = decodeRecordBatches(next.batch, { from: this.#position, checkCrc: next.stored, source: this })
          if (records.length === 0) records = decoded.records
          else for (const record of decoded.records) records.push(record)
        } catch (error) {
          this.#queue.length = 0
          this.#fail(error)
          break
        }
        bytes += next.batch.length
      }
      this.#queue.shift()
      this.#position = next.nextOffset
    }
    this.#queuedBytes -= bytes
    if (this.#log !== undefined && this.#fetchOffset < this.#log.endOffset) this.fill()
    if (this.#position === from && records.length === 0) return null
    return {
      topic: this.topic,
      partition: this.partition,
      records,
      nextOffset: this.#position,
      endOffset: this.#log?.endOffset ?? this.#position,
      bytes,
    }
  }

  onDeleted(): void {
    this.#fail(this.#storage.missing(this.topic, this.partition))
  }

  drop(): void {
    this.#dropped = true
    this.#log?.followers.delete(this)
  }

  async #readAhead(): Promise<void> {
    const log = this.#log
    this.#filling = true
    try {
      while (!this.#dropped && this.#queuedBytes < this.#share()) {
        if (log === undefined || log.deleted) throw this.#storage.missing(this.topic, this.partition)
        if (this.#fetchOffset < log.state.startOffset || this.#fetchOffset > log.endOffset) this.#resolveOutOfRange(log)
        else if (this.#fetchOffset === log.endOffset) return
        else await this.#readSome(log)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      // Together with the last look at the end offset: a commit published from here on is handed over by onPublished.
      this.#filling = false
    }
  }

  async #readSome(log: PartitionLog): Promise<void> {
    const { endOffset } = log
    const cursor = this.#storage.engine.cursor(log.batchesFrom(this.#fetchOffset))
    try {
      while (this.#queuedBytes < this.#share() && this.#fetchOffset < endOffset) {
        const entries = await cursor.next(READ_ENTRIES)
        if (this.#dropped || log.deleted || this.#fetchOffset < log.state.startOffset) return
        if (entries.length === 0) {
          this.#checkGap(log, endOffset)
          this.#push({ batch: null, nextOffset: endOffset, stored: true })
        }
        for (const [, batch] of entries) {
          const base = readInt64(batch, BATCH.baseOffset)
          // Written, but not yet acknowledged when this reading began: it comes with the next one.
          if (base >= endOffset) break
          this.#checkGap(log, base)
          this.#push({ batch, nextOffset: batchNextOffset(batch, 0), stored: true })
        }
        this.#signal()
      }
    } finally {
      await cursor.close()
    }
  }

  #push(prefetched: Prefetched): void {
    this.#queue.push(prefetched)
    this.#queuedBytes += prefetched.batch?.length ?? 0
    this.#fetchOffset = prefetched.nextOffset
  }

  /** Only compaction leaves gaps. @throws {MillraceError} LOG_CORRUPT */
  #checkGap(log: PartitionLog, found: number): void {
    if (found <= this.#fetchOffset || log.settings.compact) return
    throw new MillraceError(
      'LOG_CORRUPT',
      `The embedded log at ${this.#storage.engine.location} misses the records ${this.#fetchOffset} to ${found - 1} of ` +
        `${this.topic}/${this.partition}: files of the folder are damaged or gone. Restore it from a backup, or start with an empty one.`,
      { location: { topic: this.topic, partition: this.partition, offset: this.#fetchOffset } },
    )
  }

  #resolveOutOfRange(log: PartitionLog): void {
    const { startOffset } = log.state
    if (this.#outOfRange === 'fail') {
      throw new MillraceError(
        'OFFSET_OUT_OF_RANGE',
        `The position ${this.#fetchOffset} in ${this.topic}/${this.partition} is outside of what the log holds, ${startOffset} to ` +
          `${log.endOffset}: retention or deleteRecords took the records, or the topic was created anew. Choose a position in that ` +
          'range, or let the reader go to the earliest or latest record (outOfRange).',
        { location: { topic: this.topic, partition: this.partition, offset: this.#fetchOffset } },
      )
    }
    this.#push({ batch: null, nextOffset: this.#outOfRange === 'earliest' ? startOffset : log.endOffset, stored: true })
    this.#signal()
  }

  #signal(): void {
    if (!this.paused) this.#onReady()
  }

  #fail(error: unknown): void {
    if (this.#dropped) return
    this.#error = error instanceof Error ? error : new Error(String(error))
    this.#signal()
  }
}
