import type { Encoded, Headers } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'
import type { LogWriter, OffsetCommit, TopicPartitionKey, WriterOptions } from '../log.ts'
import { topicPartitionKey } from '../topic-partition.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { LogStorage } from './log-storage.ts'
import type { PartitionLog } from './partition-log.ts'
import { PendingBatches } from './pending-batches.ts'
import type { LogChange } from './write-queue.ts'

interface Appended {
  readonly partition: PartitionLog
  readonly batches: readonly Buffer[]
}

/**
 * Records are built into batches in memory. A transactional writer keeps them there until its commit writes them all, with
 * the offsets, as one atomic change, so an aborted transaction was never anywhere; another one sends what it has as soon as
 * the event loop turns and the last sending is written.
 */
export class EmbeddedWriter implements LogWriter {
  readonly #storage: LogStorage
  readonly #groups: GroupCoordinator
  readonly #name: string
  readonly #transactionalId: string | undefined
  readonly #epoch: number
  readonly #onClose: (writer: EmbeddedWriter) => void
  readonly #topics = new Map<string, (PendingBatches | undefined)[]>()
  #nextOffsets = new Map<TopicPartitionKey, number>()
  #lastTopic = ''
  #lastPending: (PendingBatches | undefined)[] = []
  #pendingBytes = 0
  #closed = false
  /** Of a non-transactional writer: the sending that is under way, and what went wrong in one that nobody waited for. */
  #sending: Promise<void> | null = null
  #scheduled = false
  #sendError: Error | null = null

  constructor(
    storage: LogStorage,
    groups: GroupCoordinator,
    options: WriterOptions,
    epoch: number,
    onClose: (writer: EmbeddedWriter) => void,
  ) {
    this.#storage = storage
    this.#groups = groups
    this.#name = options.name
    this.#transactionalId = options.transactionalId
    this.#epoch = epoch
    this.#onClose = onClose
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  append(
    topic: string,
    partition: number,
    timestamp: number,
    key: Encoded | null,
    value: Encoded | null,
    headers?: Headers,
  ): void {
    const pending =
      (topic === this.#lastTopic ? this.#lastPending : this.#select(topic))[partition] ?? this.#start(topic, partition)
    const before = pending.bytes
    pending.append(timestamp, key, value, headers)
    this.#pendingBytes += pending.bytes - before
    if (this.#transactionalId === undefined && !this.#scheduled && this.#sending === null) this.#schedule()
  }

  async prepare(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#checkOpen()
    const counts = new Map<string, number>()
    for (const name of topics) {
      const topic = this.#storage.topics.get(name)
      if (topic === undefined) throw this.#storage.missing(name)
      if (!this.#topics.has(name)) this.#topics.set(name, [])
      counts.set(name, topic.partitions.length)
    }
    return counts
  }

  async flush(): Promise<void> {
    this.#checkOpen()
    if (this.#transactionalId !== undefined) return this.#checkEpoch()
    while (this.#pendingBytes > 0) await (this.#sending ?? this.#send())
    this.#throwSendError()
  }

  async commit(offsets?: OffsetCommit): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    this.#checkOpen()
    // Taken before anything is awaited: what is appended from here on belongs to the next commit.
    const appended = this.#take()
    const nextOffsets = this.#nextOffsets
    this.#nextOffsets = new Map()
    const hasOffsets = offsets !== undefined && offsets.offsets.size > 0
    try {
      if (appended.length > 0 || hasOffsets) await this.#storage.queue.submit(this.#change(appended, nextOffsets, offsets))
      else await this.#sending
      this.#throwSendError()
      return nextOffsets
    } finally {
      this.#pendingBytes -= bytesOf(appended)
    }
  }

  async abort(): Promise<void> {
    this.#pendingBytes -= bytesOf(this.#take())
    if (this.#transactionalId !== undefined) this.#nextOffsets = new Map()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    try {
      if (this.#transactionalId === undefined) await this.flush()
      else await this.abort()
    } finally {
      this.#closed = true
      this.#lastTopic = ''
      this.#lastPending = []
      this.#onClose(this)
    }
  }

  #select(topic: string): (PendingBatches | undefined)[] {
    this.#checkOpen()
    const pending = this.#topics.get(topic)
    if (pending === undefined) {
      throw new MillraceError(
        'TOPIC_MISSING',
        `Writer ${this.#name} appends to topic ${topic} without having learned its partitions: call prepare(['${topic}']) first.`,
        { location: { topic } },
      )
    }
    this.#lastTopic = topic
    this.#lastPending = pending
    return pending
  }

  #start(topic: string, partition: number): PendingBatches {
    const pending = new PendingBatches(this.#storage.partition({ topic, partition }))
    this.#lastPending[partition] = pending
    return pending
  }

  #take(): Appended[] {
    const appended: Appended[] = []
    for (const ofTopic of this.#topics.values()) {
      for (const [index, pending] of ofTopic.entries()) {
        if (pending === undefined) continue
        const batches = pending.take()
        if (batches.length > 0) appended.push({ partition: pending.partition, batches })
        // The topic may have been created anew meanwhile; the next append looks it up.
        if (pending.partition.deleted) ofTopic[index] = undefined
      }
    }
    return appended
  }

  #change(appended: readonly Appended[], nextOffsets: Map<TopicPartitionKey, number>, offsets?: OffsetCommit): LogChange {
    return {
      prepare: (operations) => {
        this.#throwSendError()
        this.#checkEpoch()
        if (offsets !== undefined) this.#groups.check(offsets.identity)
        for (const { partition } of appended) {
          if (partition.deleted) throw this.#storage.missing(partition.topic, partition.partition)
        }
        if (offsets !== undefined) this.#storage.commitOffsets(offsets, operations)
        for (const { partition, batches } of appended) {
          partition.append(batches, operations)
          nextOffsets.set(topicPartitionKey(partition.topic, partition.partition), partition.state.nextOffset)
        }
      },
      written: () => {
        for (const { partition, batches } of appended) partition.publish(batches)
      },
    }
  }

  #schedule(): void {
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#sending === null && this.#pendingBytes > 0) void this.#send()
    })
  }

  /** Sends what is pending. Never rejects: the error is for the next flush or commit. */
  #send(): Promise<void> {
    const appended = this.#take()
    const change = this.#change(appended, this.#nextOffsets)
    const prepare: LogChange['prepare'] = (operations) => {
      try {
        change.prepare(operations)
      } catch (error) {
        // At once, so that a commit which is already in the queue behind this one fails with it.
        this.#sendError ??= error instanceof Error ? error : new Error(String(error))
        throw error
      }
    }
    this.#sending = this.#storage.queue
      .submit({ ...change, prepare })
      .catch(() => undefined)
      .then(() => {
        this.#pendingBytes -= bytesOf(appended)
        this.#sending = null
        if (this.#pendingBytes > 0) this.#schedule()
      })
    return this.#sending
  }

  #throwSendError(): void {
    this.#storage.queue.checkWritable()
    const error = this.#sendError
    this.#sendError = null
    if (error !== null) throw error
  }

  #checkEpoch(): void {
    if (this.#transactionalId === undefined || this.#storage.epoch(this.#transactionalId) === this.#epoch) return
    throw new MillraceError(
      'FENCED',
      `Writer ${this.#name} was replaced: another writer has opened the transactional id ${this.#transactionalId}. Its transaction ` +
        'is aborted. Close what it wrote for; the other one goes on with it.',
    )
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new MillraceError('LOG_CLOSED', `Writer ${this.#name} of the embedded log was used after it was closed.`)
  }
}

function bytesOf(appended: readonly Appended[]): number {
  let bytes = 0
  for (const { batches } of appended) for (const batch of batches) bytes += batch.length
  return bytes
}
