import { type DecodedBatches, decodeRecordBatches, positionAfter } from '../records/index.ts'
import type { FetchedBatch, TopicPartition, TopicPartitionKey } from '../log.ts'
import { asError } from './errors.ts'
import type { FetchedPartition } from './wire/index.ts'

/** An answer that nobody has taken yet. Records are decoded when they are taken, so that dropping them costs nothing. */
interface Prefetched {
  readonly from: number
  readonly nextOffset: number
  readonly answer: FetchedPartition
}

/**
 * One partition of a reader, from its assignment to the next one: a new assignment is a new object, so that answers to
 * requests of an old one are known by it.
 */
export class FetchState implements TopicPartition {
  readonly key: TopicPartitionKey
  readonly topic: string
  readonly partition: number
  paused = false
  /** A request for it is under way. */
  fetching = false
  /** What `poll` throws. */
  failure: Error | null = null
  /** Not tried again. */
  stopped = false
  /** Not tried before, on the clock of `performance.now`. */
  notBefore = 0
  bufferedBytes = 0
  #position: number
  #failingSince: number | null = null
  #prefetched: Prefetched[] = []

  constructor(key: TopicPartitionKey, { topic, partition }: TopicPartition, position: number) {
    this.key = key
    this.topic = topic
    this.partition = partition
    this.#position = position
  }

  /** Offset to be fetched next. */
  get position(): number {
    return this.#position
  }

  get hasRecords(): boolean {
    return this.#prefetched.length > 0
  }

  /** True when it should be asked for now, given how much a partition may have in store. */
  wants(now: number, maxBytes: number): boolean {
    return !this.paused && !this.fetching && !this.stopped && now >= this.notBefore && this.bufferedBytes < maxBytes
  }

  /** Keeps an answer. False when it moved nothing. */
  accept(answer: FetchedPartition): boolean {
    this.failure = null
    this.#failingSince = null
    const from = this.#position
    const nextOffset = positionAfter(answer.records, from)
    if (nextOffset === from) return false
    this.#prefetched.push({ from, nextOffset, answer })
    this.bufferedBytes += answer.records.length
    this.#position = nextOffset
    return true
  }

  /** Takes what was kept, decoded. Stops the partition at damaged bytes. */
  take(into: FetchedBatch[]): void {
    const prefetched = this.#prefetched
    this.#prefetched = []
    this.bufferedBytes = 0
    for (const { from, answer } of prefetched) {
      let decoded: DecodedBatches
      try {
        decoded = decodeRecordBatches(answer.records, { from, aborted: answer.aborted, checkCrc: true, source: this })
      } catch (error) {
        this.stop(error)
        return
      }
      into.push({
        topic: this.topic,
        partition: this.partition,
        records: decoded.records,
        nextOffset: decoded.nextOffset,
        endOffset: answer.lastStableOffset,
        bytes: answer.records.length,
      })
    }
  }

  /** Goes on elsewhere, after the policy for positions out of range. */
  moveTo(position: number): void {
    this.#position = position
  }

  /** Tries again after a pause; from `graceMs` on `poll` says so. */
  fail(error: unknown, now: number, pauseMs: number, graceMs: number): void {
    this.#failingSince ??= now
    this.notBefore = now + pauseMs
    if (now - this.#failingSince >= graceMs) this.failure = asError(error)
  }

  stop(error: unknown): void {
    this.failure = asError(error)
    this.stopped = true
  }
}
