import type { FetchedBatch, TopicPartitionKey } from '../log/log.ts'
import type { LogRecord } from '../log/records/index.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'

/** Above this a partition is paused; it is resumed below half of it. Bytes as fetched. */
export const INPUT_BUFFER_BYTES: number = 2 * 1024 * 1024

/**
 * Records of one input partition that were fetched and not yet processed, in offset order. Knows the partition's position:
 * the offset that a commit would store.
 */
export class InputBuffer {
  readonly topic: string
  readonly partition: number
  readonly key: TopicPartitionKey
  /** Last stable offset that is known of; lag = endOffset - position. */
  endOffset: number
  /** Bytes of the batches held. */
  bytes: number = 0
  /** True while the reader was told to pause. Owned by the worker. */
  paused: boolean = false
  #queue: FetchedBatch[] = []
  #records: readonly LogRecord[] = []
  #index = 0
  #position: number

  constructor(topic: string, partition: number, position: number, endOffset: number) {
    this.topic = topic
    this.partition = partition
    this.key = topicPartitionKey(topic, partition)
    this.#position = position
    this.endOffset = endOffset
  }

  /** Offset of the next record to be processed; past what only advances offsets (control records, gaps). */
  get position(): number {
    return this.#index < this.#records.length ? (this.#records[this.#index] as LogRecord).offset : this.#position
  }

  /** True when the log has something for this partition that has not been fetched yet. */
  get behind(): boolean {
    return this.#position < this.endOffset
  }

  add(batch: FetchedBatch): void {
    if (batch.endOffset > this.endOffset) this.endOffset = batch.endOffset
    this.bytes += batch.bytes
    this.#queue.push(batch)
    if (this.#index >= this.#records.length) this.#nextBatch()
  }

  /** The next record, which stays; undefined when nothing is buffered. */
  peek(): LogRecord | undefined {
    return this.#records[this.#index]
  }

  /** Takes the record that `peek` showed. */
  advance(): void {
    if (++this.#index >= this.#records.length) this.#nextBatch()
  }

  #nextBatch(): void {
    this.#index = 0
    if (this.#records.length > 0) this.#drop()
    this.#records = []
    while (this.#queue.length > 0) {
      const head = this.#queue[0] as FetchedBatch
      if (head.records.length > 0) {
        this.#records = head.records
        return
      }
      this.#drop()
    }
  }

  #drop(): void {
    const done = this.#queue.shift() as FetchedBatch
    this.#position = done.nextOffset
    this.bytes -= done.bytes
  }
}
