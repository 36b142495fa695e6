import { type BatchHeader, decodeRecordBatches, RecordBatchBuilder } from '../records/index.ts'
import type { TopicPartition, TopicPartitionKey } from '../log.ts'
import { topicPartitionKey } from '../topic-partition.ts'

/** Sequence numbers start again after the largest int32 (Kafka's DefaultRecordBatch.incrementSequence). */
export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % 0x8000_0000
}

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1000

/** A batch that takes no more records. */
export interface SealedBatch {
  readonly builder: RecordBatchBuilder
  /** Which flush or commit it belongs to. */
  readonly generation: number
  /** Complete with its sequence number: set at the first sending, and sent again as it is. */
  bytes: Buffer | null
  /** On the clock of `performance.now`; 0: not sent yet. */
  firstSentAt: number
}

/** What one writer has for one partition. Batches go one at a time, so that their order and sequence hold under retries. */
export class PartitionQueue implements TopicPartition {
  readonly key: TopicPartitionKey
  readonly topic: string
  readonly partition: number
  /** The batch that takes records; null: none begun. */
  open: RecordBatchBuilder | null = null
  readonly sealed: SealedBatch[] = []
  sending = false
  /** Not sent before, on the clock of `performance.now`. */
  notBefore = 0
  /** Attempts in a row that failed. */
  failures = 0
  /** Part of the current transaction. */
  enlisted = false
  /** Offset after the last acknowledged record since the last commit; -1: none. */
  nextOffset = -1
  #sequence = 0

  constructor(topic: string, partition: number) {
    this.key = topicPartitionKey(topic, partition)
    this.topic = topic
    this.partition = partition
  }

  /** The first sealed batch, ready to be sent. */
  finishHead(batch: SealedBatch, header: BatchHeader): Buffer {
    if (batch.bytes === null) {
      batch.bytes = batch.builder.finish({ ...header, sequence: this.#sequence })
      this.#sequence = sequenceAfter(this.#sequence, batch.builder.count)
    }
    return batch.bytes
  }

  /**
   * Puts two halves in the place of the first sealed batch, which the broker found too large and has not appended. False when
   * it holds a single record.
   */
  splitHead(batch: SealedBatch, maxBytes: number): boolean {
    const { builder, bytes, generation } = batch
    if (bytes === null || builder.count < 2) return false
    const { records } = decodeRecordBatches(bytes, { from: 0, checkCrc: false })
    const halves = [records.slice(0, records.length >> 1), records.slice(records.length >> 1)].map((half): SealedBatch => {
      const smaller = new RecordBatchBuilder({ initialBytes: builder.size, maxBytes })
      for (const record of half) smaller.append(record.timestamp, record.key, record.value, record.headers)
      return { builder: smaller, generation, bytes: null, firstSentAt: batch.firstSentAt }
    })
    this.sealed.splice(0, 1, ...halves)
    this.#sequence = sequenceAfter(this.#sequence, 0x8000_0000 - builder.count)
    return true
  }

  acknowledged(nextOffset: number): void {
    this.nextOffset = nextOffset
    this.failures = 0
  }

  /** Begins counting for a new producer identity. */
  restart(): void {
    this.nextOffset = -1
    this.#sequence = 0
    this.notBefore = 0
    this.failures = 0
  }

  /** Waits before the next attempt, longer with each failure in a row. */
  backOff(now: number): void {
    this.notBefore = now + Math.min(FIRST_PAUSE_MS * 2 ** this.failures++, LONGEST_PAUSE_MS)
  }
}
