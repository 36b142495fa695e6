import type { Encoded, Headers } from '@millrace/state-store'
import { decodeRecordBatches, type LogRecord, partitionForKey, RecordBatchBuilder } from '../log/records/index.ts'

/** A record and the partition that it was appended to. */
export interface PlacedRecord {
  readonly partition: number
  readonly record: LogRecord
}

/** A topic of the test driver: gives records their partition and offset. They make the way through a record batch, as on a log. */
export class TestTopic {
  readonly name: string
  readonly partitions: number
  readonly #nextOffsets: number[]
  #nextPartition = 0

  constructor(name: string, partitions: number) {
    this.name = name
    this.partitions = partitions
    this.#nextOffsets = Array.from({ length: partitions }, () => 0)
  }

  append(
    timestamp: number,
    key: Encoded | null,
    value: Encoded | null,
    headers: Headers,
    partition: number = this.#partitionOf(key),
  ): PlacedRecord {
    const offset = this.#nextOffsets[partition]
    if (offset === undefined) throw new RangeError(`Topic "${this.name}" has no partition ${partition}, only ${this.partitions}`)
    this.#nextOffsets[partition] = offset + 1
    const batch = new RecordBatchBuilder({ initialBytes: 256 })
    batch.append(timestamp, key, value, headers)
    const [record] = decodeRecordBatches(batch.finish({ baseOffset: offset }), { from: offset, checkCrc: false }).records
    if (record === undefined) throw new Error(`The record for topic "${this.name}" was lost in its batch`)
    return { partition, record }
  }

  #partitionOf(key: Encoded | null): number {
    return key === null ? this.#nextPartition++ % this.partitions : partitionForKey(key, this.partitions)
  }
}
