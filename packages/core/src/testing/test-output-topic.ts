import type { Headers } from '@millrace/state-store'
import type { PlacedRecord } from './test-topic.ts'
import type { TestSerdes } from './topology-test-driver.ts'

/** A record as a test reads it. */
export interface TestRecord<K, V> {
  readonly key: K | null
  readonly value: V | null
  /** Event time, ms since the epoch. */
  readonly timestamp: number
  readonly headers: Headers
  readonly partition: number
}

/** A topic that a test reads; made by `TopologyTestDriver.output`. Each record is read once, in the order of sending. */
export class TestOutputTopic<K, V> {
  readonly topic: string
  readonly #serdes: TestSerdes<K, V>
  readonly #records: PlacedRecord[]

  constructor(topic: string, serdes: TestSerdes<K, V>, records: PlacedRecord[]) {
    this.topic = topic
    this.#serdes = serdes
    this.#records = records
  }

  /** True when everything that was sent has been read. */
  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  /** The next record. @throws {RangeError} when there is none */
  read(): TestRecord<K, V> {
    const placed = this.#records.shift()
    if (placed === undefined)
      throw new RangeError(`Topic "${this.topic}" has no more records: nothing was sent, or all has been read`)
    return this.#decode(placed)
  }

  /** All records that have not been read yet. */
  readAll(): readonly TestRecord<K, V>[] {
    return this.#records.splice(0).map((placed) => this.#decode(placed))
  }

  #decode({ record, partition }: PlacedRecord): TestRecord<K, V> {
    const { buffer, keyStart, keyEnd, valueStart, valueEnd, timestamp, headers } = record
    const key = keyStart < 0 ? null : this.#serdes.key.decode(buffer, keyStart, keyEnd)
    const value = valueStart < 0 ? null : this.#serdes.value.decode(buffer, valueStart, valueEnd)
    return { key, value, timestamp, headers, partition }
  }
}
