import type { Encoded, Headers } from '@millrace/state-store'
import { crc32c } from './crc32c.ts'
import { encodeHeaders, headersSizeBound } from './headers.ts'
import { BATCH, BATCH_PREFIX, setBaseOffset, TRANSACTIONAL, writeInt64 } from './record-batch-format.ts'
import { varintSize, writeVarint, writeVarlong } from './varint.ts'

/** What a batch says about its writer. Everything has Kafka's default for «none»: -1. */
export interface BatchHeader {
  readonly baseOffset?: number
  readonly producerId?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly transactional?: boolean
}

export interface RecordBatchBuilderOptions {
  /** First size of the buffer, bytes; it grows by doubling. Default 16 KiB. */
  readonly initialBytes?: number
  /** Size that the batch may not exceed: `append` refuses what doesn't fit. Default: none. */
  readonly maxBytes?: number
}

/**
 * Builds one record batch v2 (Kafka protocol, "Record Batch"), uncompressed, straight into a growing buffer: text is written
 * as UTF-8 where it ends up, nothing is kept per record. `reset` makes the builder, with its memory, ready for another batch.
 */
export class RecordBatchBuilder {
  readonly #maxBytes: number
  #buffer: Buffer
  #size: number = BATCH.records
  #count = 0
  #firstTimestamp = 0
  #maxTimestamp = 0

  constructor(options: RecordBatchBuilderOptions = {}) {
    this.#buffer = Buffer.allocUnsafeSlow(options.initialBytes ?? 16 * 1024)
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
  }

  /** Records appended since the last reset. */
  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far, its 61 bytes of header included. */
  get size(): number {
    return this.#size
  }

  /** Largest timestamp appended since the last reset; meaningless while `count` is 0. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /**
   * Appends a record; timestamps are integers, ms since 1970. False, and nothing changed, when the batch would exceed
   * `maxBytes`; if that happens to an empty batch, the record by itself is too large.
   */
  append(timestamp: number, key: Encoded | null, value: Encoded | null, headers?: Headers): boolean {
    const hasHeaders = headers !== undefined && headers.length > 0
    this.#reserve(32 + sizeBound(key) + sizeBound(value) + (hasHeaders ? headersSizeBound(headers) : 1))
    const buffer = this.#buffer
    const start = this.#size
    const delta = this.#count === 0 ? 0 : timestamp - this.#firstTimestamp
    // The length comes first but is known last. Room is left for the usual width; the rare other width moves the record.
    const width = varintSize(8 + plainLength(key) + plainLength(value))
    const body = start + width
    buffer[body] = 0
    let position = delta === 0 ? zero(buffer, body + 1) : writeVarlong(buffer, body + 1, delta)
    position = writeVarint(buffer, position, this.#count)
    position = writeBytes(buffer, position, key)
    position = writeBytes(buffer, position, value)
    position = hasHeaders ? encodeHeaders(buffer, position, headers) : zero(buffer, position)

    const length = position - body
    const actualWidth = varintSize(length)
    if (actualWidth !== width) {
      buffer.copyWithin(start + actualWidth, body, position)
      position += actualWidth - width
    }
    if (position > this.#maxBytes) return false
    writeVarint(buffer, start, length)
    if (this.#count === 0) {
      this.#firstTimestamp = timestamp
      this.#maxTimestamp = timestamp
    } else if (timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp
    }
    this.#count++
    this.#size = position
    return true
  }

  /**
   * Completes the header and the checksum. The result is a view of the builder's memory: it holds until `reset` or `append`.
   * May be called again, with another header, for the same records.
   */
  finish(header: BatchHeader = {}): Buffer {
    const buffer = this.#buffer
    const end = this.#size
    setBaseOffset(buffer, 0, header.baseOffset ?? 0)
    buffer.writeInt32BE(end - BATCH_PREFIX, BATCH.length)
    buffer.writeInt32BE(-1, BATCH.leaderEpoch)
    buffer[BATCH.magic] = 2
    buffer.writeInt16BE(header.transactional === true ? TRANSACTIONAL : 0, BATCH.attributes)
    buffer.writeInt32BE(this.#count - 1, BATCH.lastOffsetDelta)
    writeInt64(buffer, this.#firstTimestamp, BATCH.firstTimestamp)
    writeInt64(buffer, this.#maxTimestamp, BATCH.maxTimestamp)
    writeInt64(buffer, header.producerId ?? -1, BATCH.producerId)
    buffer.writeInt16BE(header.epoch ?? -1, BATCH.producerEpoch)
    buffer.writeInt32BE(header.sequence ?? -1, BATCH.sequence)
    buffer.writeInt32BE(this.#count, BATCH.recordCount)
    buffer.writeUInt32BE(crc32c(buffer, BATCH.attributes, end), BATCH.crc)
    return buffer.subarray(0, end)
  }

  /** Forgets the records; what `finish` returned is overwritten by the next ones. */
  reset(): void {
    this.#size = BATCH.records
    this.#count = 0
  }

  #reserve(bytes: number): void {
    const needed = this.#size + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, needed))
    this.#buffer.copy(grown, 0, 0, this.#size)
    this.#buffer = grown
  }
}

/** Up to this length a loop over the characters beats the call into the engine's encoder. */
const SHORT_TEXT = 32

function plainLength(bytes: Encoded | null): number {
  return bytes === null ? 0 : bytes.length
}

function sizeBound(bytes: Encoded | null): number {
  if (bytes === null) return 0
  if (typeof bytes !== 'string') return bytes.length
  return bytes.length <= 4096 ? bytes.length * 3 : Buffer.byteLength(bytes)
}

function zero(buffer: Buffer, at: number): number {
  buffer[at] = 0
  return at + 1
}

/** Length and bytes; null is a length of -1. */
function writeBytes(buffer: Buffer, at: number, bytes: Encoded | null): number {
  if (bytes === null) {
    buffer[at] = 1
    return at + 1
  }
  if (typeof bytes === 'string') return writeText(buffer, at, bytes)
  const start = writeVarint(buffer, at, bytes.length)
  if (bytes.length <= SHORT_TEXT) {
    for (let i = 0; i < bytes.length; i++) buffer[start + i] = bytes[i] ?? 0
  } else {
    buffer.set(bytes, start)
  }
  return start + bytes.length
}

/** Written as if it were ASCII, whose length is known beforehand; other text moves when its length needs another width. */
function writeText(buffer: Buffer, at: number, text: string): number {
  const length = text.length
  const width = varintSize(length)
  const start = at + width
  if (length <= SHORT_TEXT) {
    let i = 0
    for (; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) break
      buffer[start + i] = code
    }
    if (i === length) {
      writeVarint(buffer, at, length)
      return start + length
    }
  }
  const written = buffer.utf8Write(text, start)
  const actualWidth = varintSize(written)
  if (actualWidth !== width) buffer.copyWithin(at + actualWidth, start, start + written)
  writeVarint(buffer, at, written)
  return at + actualWidth + written
}
