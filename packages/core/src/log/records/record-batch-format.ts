/**
 * Where the fields of a record batch v2 are (Kafka protocol, "Record Batch"). Offsets are in bytes from the first byte of the
 * batch. The checksum covers everything from the attributes on, so a log may set the base offset of a finished batch.
 */
export const BATCH = {
  baseOffset: 0,
  /** Length of what follows this field. */
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  sequence: 53,
  recordCount: 57,
  records: 61,
} as const

/** Bits of the attributes. The lowest three name the compression. */
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20

/** Bytes of the length prefix: base offset and length, which `length` itself does not count. */
export const BATCH_PREFIX = 12

/** Reads an int64 as a number; exact up to 2^53, which offsets, timestamps (ms) and producer ids never reach. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4)
}

/** Writes a safe integer as an int64. */
export function writeInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  buffer.writeUInt32BE(value >>> 0, at + 4)
}

/** Size of the whole batch that begins at `at`, prefix included. Needs the first twelve bytes. */
export function batchSize(buffer: Buffer, at: number): number {
  return BATCH_PREFIX + buffer.readInt32BE(at + BATCH.length)
}

/** Offset after the batch that begins at `at`. */
export function batchNextOffset(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + BATCH.baseOffset) + buffer.readInt32BE(at + BATCH.lastOffsetDelta) + 1
}

/** Gives a finished batch its place in the log, as a broker does when it appends. */
export function setBaseOffset(buffer: Buffer, at: number, baseOffset: number): void {
  writeInt64(buffer, baseOffset, at + BATCH.baseOffset)
}

/** The position after the last complete batch of a run of batches, or `from` when that is further. Reads headers only. */
export function positionAfter(buffer: Buffer, from: number): number {
  let position = from
  for (let at = 0; at + BATCH.records <= buffer.length; ) {
    const end = at + batchSize(buffer, at)
    if (end > buffer.length || end <= at) break
    position = Math.max(position, batchNextOffset(buffer, at))
    at = end
  }
  return position
}
