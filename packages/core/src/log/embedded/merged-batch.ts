import { BATCH, crc32c, readInt64, varintSize, writeInt64, writeVarint, writeVarlong } from '../records/index.ts'
import type { BatchWalker } from './batch-walker.ts'

/** Offsets and their differences within a batch have 32 bits. */
const MAX_SPAN = 0x7fff_ffff

/** Puts the records that compaction keeps of several batches into one, with their offsets: between them are gaps. */
export class MergedBatch {
  #buffer: Buffer
  #size: number = BATCH.records
  #count = 0
  #baseOffset = 0
  #firstTimestamp = 0
  #maxTimestamp = 0

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  get size(): number {
    return this.#size
  }

  get count(): number {
    return this.#count
  }

  /** Can a batch that ends with this offset be part of the merged one? */
  reaches(lastOffset: number): boolean {
    return this.#count === 0 || lastOffset - this.#baseOffset <= MAX_SPAN
  }

  /** Adds the record that the walker is at. */
  add(record: BatchWalker): void {
    if (this.#count === 0) {
      this.#baseOffset = record.offset
      this.#firstTimestamp = record.timestamp
      this.#maxTimestamp = record.timestamp
    } else if (record.timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = record.timestamp
    }
    const bodyLength = record.bodyEnd - record.bodyStart
    this.#reserve(bodyLength + 32)
    const buffer = this.#buffer
    // Attributes and differences first, at the place where they are if the record's length takes three bytes.
    const start = this.#size + 3
    buffer[start] = 0
    let end = writeVarlong(buffer, start + 1, record.timestamp - this.#firstTimestamp)
    end = writeVarint(buffer, end, record.offset - this.#baseOffset)
    end += record.batch.copy(buffer, end, record.bodyStart, record.bodyEnd)
    const width = varintSize(end - start)
    if (width !== 3) buffer.copyWithin(this.#size + width, start, end)
    writeVarint(buffer, this.#size, end - start)
    this.#size += width + end - start
    this.#count++
  }

  /** The batch, as a copy, reaching to `lastOffset`; afterwards this is empty again. */
  finish(lastOffset: number): Buffer {
    const batch = Buffer.from(this.#buffer.subarray(0, this.#size))
    batch.fill(0, 0, BATCH.records)
    writeInt64(batch, this.#baseOffset, BATCH.baseOffset)
    batch.writeInt32BE(batch.length - BATCH.leaderEpoch, BATCH.length)
    batch.writeInt32BE(-1, BATCH.leaderEpoch)
    batch[BATCH.magic] = 2
    batch.writeInt32BE(lastOffset - this.#baseOffset, BATCH.lastOffsetDelta)
    writeInt64(batch, this.#firstTimestamp, BATCH.firstTimestamp)
    writeInt64(batch, this.#maxTimestamp, BATCH.maxTimestamp)
    writeInt64(batch, -1, BATCH.producerId)
    batch.writeInt16BE(-1, BATCH.producerEpoch)
    batch.writeInt32BE(-1, BATCH.sequence)
    batch.writeInt32BE(this.#count, BATCH.recordCount)
    batch.writeUInt32BE(crc32c(batch, BATCH.attributes, batch.length), BATCH.crc)
    this.#size = BATCH.records
    this.#count = 0
    return batch
  }

  #reserve(bytes: number): void {
    if (this.#size + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#size + bytes))
    this.#buffer.copy(grown, 0, 0, this.#size)
    this.#buffer = grown
  }
}

/** Is the batch, as a reader of the disk gets it, what was written? */
export function isIntact(batch: Buffer): boolean {
  return (
    batch.length >= BATCH.records &&
    batch.readInt32BE(BATCH.length) === batch.length - BATCH.leaderEpoch &&
    crc32c(batch, BATCH.attributes, batch.length) === batch.readUInt32BE(BATCH.crc) &&
    readInt64(batch, BATCH.baseOffset) >= 0
  )
}
