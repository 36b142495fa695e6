import { MillraceError } from '../../errors.ts'
import type { TopicPartition } from '../log.ts'
import { AbortFilter, type AbortedTransaction } from './abort-filter.ts'
import { decompress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { LogRecord } from './log-record.ts'
import {
  BATCH,
  batchNextOffset,
  batchSize,
  COMPRESSION_MASK,
  CONTROL,
  LOG_APPEND_TIME,
  readInt64,
} from './record-batch-format.ts'
import { VarintReader } from './varint.ts'

export interface DecodeOptions {
  /** The position: records before it are left out (brokers answer with whole batches). */
  readonly from: number
  /** Aborted transactions of this range, as the log names them; their records are left out. */
  readonly aborted?: readonly AbortedTransaction[]
  /** Verify each batch's CRC-32C. */
  readonly checkCrc: boolean
  /** Where the bytes come from, for messages. */
  readonly source?: TopicPartition
}

export interface DecodedBatches {
  /** Views on the buffer (on a decompressed copy for compressed batches): the buffer must stay as it is. */
  readonly records: LogRecord[]
  /** The position after the last complete batch: past control batches, aborted ones and what compaction removed. */
  readonly nextOffset: number
}

/**
 * Reads a run of record batches v2, as a fetch response holds them; an incomplete last batch is left for the next fetch.
 * @throws {MillraceError} LOG_CORRUPT when the bytes are damaged or of another format; BROKER_REFUSED for a compression that
 *   is not supported
 */
export function decodeRecordBatches(buffer: Buffer, options: DecodeOptions): DecodedBatches {
  const { from, source } = options
  const filter = options.aborted !== undefined && options.aborted.length > 0 ? new AbortFilter(options.aborted) : null
  const records: LogRecord[] = []
  let nextOffset = from
  let at = 0
  while (at + BATCH.records <= buffer.length) {
    const size = batchSize(buffer, at)
    if (buffer[at + BATCH.magic] !== 2) {
      throw corrupt(`a batch of message format ${buffer[at + BATCH.magic]}, only 2 is read`, nextOffset, source)
    }
    if (size < BATCH.records) throw corrupt(`a batch that claims ${size} bytes`, nextOffset, source)
    const end = at + size
    if (end > buffer.length) break
    if (options.checkCrc && crc32c(buffer, at + BATCH.attributes, end) !== buffer.readUInt32BE(at + BATCH.crc)) {
      throw corrupt('a batch whose checksum does not match its bytes', nextOffset, source)
    }
    const next = batchNextOffset(buffer, at)
    const attributes = buffer.readInt16BE(at + BATCH.attributes)
    const hidden = filter?.hides(buffer, at, next) ?? false
    if (next > from) {
      if (!hidden && (attributes & CONTROL) === 0) decodeBatch(buffer, at, end, attributes, options, records)
      nextOffset = next
    }
    at = end
  }
  return { records, nextOffset }
}

function decodeBatch(
  buffer: Buffer,
  at: number,
  end: number,
  attributes: number,
  { from, source }: DecodeOptions,
  records: LogRecord[],
): void {
  const baseOffset = readInt64(buffer, at + BATCH.baseOffset)
  const count = buffer.readInt32BE(at + BATCH.recordCount)
  const firstTimestamp = readInt64(buffer, at + BATCH.firstTimestamp)
  // With log-append time the batch's largest timestamp, set by the broker, is that of every record.
  const appendTime = (attributes & LOG_APPEND_TIME) === 0 ? null : readInt64(buffer, at + BATCH.maxTimestamp)
  const codec = attributes & COMPRESSION_MASK
  const bytes = codec === 0 ? buffer : decompress(codec, buffer.subarray(at + BATCH.records, end), baseOffset, source)
  const limit = codec === 0 ? end : bytes.length
  const reader = new VarintReader(bytes, codec === 0 ? at + BATCH.records : 0)
  for (let i = 0; i < count; i++) {
    const length = reader.varint()
    const recordEnd = reader.position + length
    if (length <= 0 || recordEnd > limit) throw corrupt('a record that ends outside its batch', baseOffset, source)
    reader.position++
    const timestamp = firstTimestamp + reader.varlong()
    const offset = baseOffset + reader.varint()
    if (offset < from) {
      reader.position = recordEnd
      continue
    }
    const keyLength = reader.varint()
    const keyStart = keyLength < 0 ? -1 : reader.position
    if (keyLength > 0) reader.position += keyLength
    const keyEnd = keyLength < 0 ? -1 : reader.position
    const valueLength = reader.varint()
    const valueStart = valueLength < 0 ? -1 : reader.position
    if (valueLength > 0) reader.position += valueLength
    const valueEnd = valueLength < 0 ? -1 : reader.position
    const headersStart = reader.position
    if (headersStart >= recordEnd) throw corrupt('a record whose key or value ends outside it', offset, source)
    records.push(
      new LogRecord(
        bytes,
        offset,
        appendTime ?? timestamp,
        keyStart,
        keyEnd,
        valueStart,
        valueEnd,
        bytes[headersStart] === 0 ? -1 : headersStart,
      ),
    )
    reader.position = recordEnd
  }
}

function corrupt(what: string, offset: number, source: TopicPartition | undefined): MillraceError {
  const where = source === undefined ? `offset ${offset}` : `${source.topic}/${source.partition} offset ${offset}`
  return new MillraceError(
    'LOG_CORRUPT',
    `The log holds ${what}, at ${where}. The bytes are damaged on disk or on the way: check the broker's log directory ` +
      "(or the embedded log's folder) and restore the partition from a replica or a backup.",
    { location: { ...source, offset } },
  )
}
