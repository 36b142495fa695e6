import type { Encoded, Headers } from '@millrace/state-store'
import { NO_HEADERS } from '../log/records/index.ts'
import type { TestSerdes } from './topology-test-driver.ts'

/** What a piped record may say besides key and value. */
export interface PipeOptions {
  /** Event time, ms since the epoch. Default: the driver's wall clock. */
  readonly timestamp?: number
  readonly headers?: Headers
  /** Default: by the key, as Kafka's default partitioner; records without a key go round robin. */
  readonly partition?: number
}

/** Takes one encoded record and processes it, with all that follows from it. */
export type PipeRecord = (key: Encoded | null, value: Encoded | null, options: PipeOptions, headers: Headers) => Promise<void>

/** A topic that a test writes to; made by `TopologyTestDriver.input`. */
export class TestInputTopic<K, V> {
  readonly topic: string
  readonly #serdes: TestSerdes<K, V>
  readonly #pipe: PipeRecord

  constructor(topic: string, serdes: TestSerdes<K, V>, pipe: PipeRecord) {
    this.topic = topic
    this.#serdes = serdes
    this.#pipe = pipe
  }

  /**
   * Writes one record. When the promise resolves, the record and everything that followed from it, through all internal
   * topics, has been processed.
   *
   * @param key null: a record without a key
   * @param value null: a tombstone
   * @throws {MillraceError} RECORD_INVALID, USER_FUNCTION_FAILED: what would have stopped the task
   */
  async pipe(key: K | null, value: V | null, options: PipeOptions = {}): Promise<void> {
    const keyBytes = key === null ? null : this.#serdes.key.encode(key)
    const valueBytes = value === null ? null : this.#serdes.value.encode(value)
    await this.#pipe(keyBytes, valueBytes, options, options.headers ?? NO_HEADERS)
  }

  /** Pipes several records, one after the other. */
  async pipeAll(records: Iterable<readonly [key: K | null, value: V | null, options?: PipeOptions]>): Promise<void> {
    for (const [key, value, options] of records) await this.pipe(key, value, options)
  }
}
