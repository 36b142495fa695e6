import type { Encoded, Headers } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'
import { BATCH, RecordBatchBuilder } from '../records/index.ts'
import { PartitionQueue, type SealedBatch } from './partition-queue.ts'

/** A batch that has grown to this is sealed without waiting for a flush. */
const SEAL_BYTES = 256 * 1024
/** Builders kept for reuse. */
const SPARE_BUILDERS = 64

/**
 * What a writer has appended and the brokers have not acknowledged, in batches by partition. A flush or commit ends a
 * generation of batches, so that what is appended meanwhile is told apart.
 */
export class PendingBatches {
  /** Every partition that was ever appended to. */
  readonly queues: PartitionQueue[] = []
  /** Those with sealed batches. */
  readonly unsent: Set<PartitionQueue> = new Set()
  readonly #maxBatchBytes: number
  readonly #topics = new Map<string, (PartitionQueue | undefined)[]>()
  /** Queues with an open batch. */
  readonly #open = new Set<PartitionQueue>()
  readonly #spare: RecordBatchBuilder[] = []
  /** Sealed batches that are not acknowledged, by generation. */
  readonly #unacknowledged = new Map<number, number>()
  #generation = 0
  #bytes = 0

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes
  }

  /** Of records, without batch headers. */
  get bytes(): number {
    return this.#bytes
  }

  /** The generation of what is appended now. */
  get generation(): number {
    return this.#generation
  }

  isOpen(queue: PartitionQueue): boolean {
    return this.#open.has(queue)
  }

  /** Tells the partition count of a topic, before anything is appended to it. */
  learn(topic: string, partitions: number): void {
    const queues = this.#topics.get(topic) ?? []
    queues.length = Math.max(queues.length, partitions)
    this.#topics.set(topic, queues)
  }

  /** See LogWriter.append. True when a batch is full and sealed. */
  append(
    topic: string,
    partition: number,
    timestamp: number,
    key: Encoded | null,
    value: Encoded | null,
    headers: Headers | undefined,
  ): boolean {
    const queue = this.#topics.get(topic)?.[partition] ?? this.#addQueue(topic, partition)
    let builder = queue.open ?? this.#begin(queue)
    let before = builder.size
    let sealed = false
    if (!builder.append(timestamp, key, value, headers)) {
      if (builder.count === 0) throw this.#tooLarge(queue)
      this.#seal(queue, builder)
      sealed = true
      builder = this.#begin(queue)
      before = builder.size
      if (!builder.append(timestamp, key, value, headers)) throw this.#tooLarge(queue)
    }
    this.#bytes += builder.size - before
    if (builder.size < SEAL_BYTES) return sealed
    this.#seal(queue, builder)
    return true
  }

  /** Seals all open batches and begins another generation; returns the one that ended. */
  endGeneration(): number {
    for (const queue of this.#open) {
      if (queue.open !== null && queue.open.count > 0) this.#seal(queue, queue.open)
    }
    return this.#generation++
  }

  /** True when nothing of this generation, or an older one, waits for its acknowledgement. */
  isAcknowledged(generation: number): boolean {
    for (const older of this.#unacknowledged.keys()) if (older <= generation) return false
    return true
  }

  /** The first batch of the queue is in the log, and its first record has this offset. */
  acknowledge(queue: PartitionQueue, batch: SealedBatch, baseOffset: number): void {
    queue.acknowledged(baseOffset + batch.builder.count)
    queue.sealed.shift()
    if (queue.sealed.length === 0) this.unsent.delete(queue)
    this.#forget(batch)
  }

  /** Halves the first batch of the queue. False when it is a single record. */
  split(queue: PartitionQueue, batch: SealedBatch): boolean {
    if (!queue.splitHead(batch, this.#maxBatchBytes)) return false
    this.#bytes -= recordBytes(batch.builder)
    for (const half of queue.sealed.slice(0, 2)) this.#bytes += recordBytes(half.builder)
    this.#unacknowledged.set(batch.generation, (this.#unacknowledged.get(batch.generation) ?? 0) + 1)
    return true
  }

  /**
   * Drops what was never sent. What was sent has a sequence number, which the broker waits for: it is kept unless the sequence
   * is about to begin anew.
   */
  drop(keepSent: boolean): void {
    for (const queue of this.#open) {
      if (queue.open !== null) this.#recycle(queue.open)
      queue.open = null
    }
    this.#open.clear()
    for (const queue of this.unsent) {
      const kept = keepSent && (queue.sealed[0]?.firstSentAt ?? 0) > 0 ? 1 : 0
      for (const batch of queue.sealed.splice(kept)) this.#forget(batch)
      if (kept === 0) this.unsent.delete(queue)
    }
  }

  #addQueue(topic: string, partition: number): PartitionQueue {
    const queues = this.#topics.get(topic)
    if (queues === undefined || !Number.isInteger(partition) || partition < 0 || partition >= queues.length) {
      const why = queues === undefined ? 'its partitions are not known; call prepare first' : `it has ${queues.length} partitions`
      throw new MillraceError('TOPIC_MISSING', `Can't append to ${topic}/${partition}: ${why}.`, {
        location: { topic, partition },
      })
    }
    const queue = new PartitionQueue(topic, partition)
    queues[partition] = queue
    this.queues.push(queue)
    return queue
  }

  #begin(queue: PartitionQueue): RecordBatchBuilder {
    const builder = this.#spare.pop() ?? new RecordBatchBuilder({ maxBytes: this.#maxBatchBytes })
    queue.open = builder
    this.#open.add(queue)
    return builder
  }

  #seal(queue: PartitionQueue, builder: RecordBatchBuilder): void {
    queue.sealed.push({ builder, generation: this.#generation, bytes: null, firstSentAt: 0 })
    queue.open = null
    this.#open.delete(queue)
    this.unsent.add(queue)
    this.#unacknowledged.set(this.#generation, (this.#unacknowledged.get(this.#generation) ?? 0) + 1)
  }

  #forget({ builder, generation }: SealedBatch): void {
    const left = (this.#unacknowledged.get(generation) ?? 1) - 1
    if (left === 0) this.#unacknowledged.delete(generation)
    else this.#unacknowledged.set(generation, left)
    this.#recycle(builder)
  }

  #recycle(builder: RecordBatchBuilder): void {
    this.#bytes -= recordBytes(builder)
    builder.reset()
    if (this.#spare.length < SPARE_BUILDERS) this.#spare.push(builder)
  }

  #tooLarge({ topic, partition }: PartitionQueue): MillraceError {
    return new MillraceError(
      'RECORD_TOO_LARGE',
      `A record for ${topic}/${partition} does not fit into a batch of ${this.#maxBatchBytes} bytes. Raise maxBatchBytes of the Kafka options and the topic's max.message.bytes, or make the record smaller.`,
      { location: { topic, partition } },
    )
  }
}

function recordBytes(builder: RecordBatchBuilder): number {
  return builder.size - BATCH.records
}
