import type { BinlogColumn, SnapshotColumn } from './column.ts'
import { type LengthPrefix, readLength } from './length-prefix.ts'

/** VARBINARY, the BLOB family, geometries (SRID in 4 bytes, then WKB) and vectors (32-bit floats): their bytes. */
export function binlogBytes(prefix: LengthPrefix): BinlogColumn {
  return {
    form: 'bytes',
    read(bytes) {
      const length = readLength(bytes, prefix)
      const start = bytes.position
      bytes.position = start + length
      return bytes.buffer.toString('base64', start, start + length)
    },
    skip: (bytes) => bytes.skip(readLength(bytes, prefix)),
  }
}

/** BINARY(n): zero bytes at its end are cut off in the binlog. */
export function binlogFixedBytes(length: number): BinlogColumn {
  const prefix = length > 255 ? 2 : 1
  return {
    form: 'bytes',
    read: (bytes) => padded(bytes.bytes(readLength(bytes, prefix)), length).toString('base64'),
    skip: (bytes) => bytes.skip(readLength(bytes, prefix)),
  }
}

export const snapshotBytes: SnapshotColumn = {
  form: 'bytes',
  select: (name) => name,
  text: (value) => (value as Buffer).toString('base64'),
  literal: (text) => `x'${Buffer.from(text, 'base64').toString('hex')}'`,
}

/** The driver would take geometries and vectors apart: as HEX they are left alone. */
export const snapshotHex: SnapshotColumn = {
  form: 'bytes',
  select: (name) => `HEX(${name})`,
  text: (value) => Buffer.from(String(value), 'hex').toString('base64'),
}

/** The value as it was before its trailing zero bytes were cut off. */
export function padded(value: Buffer, length: number): Buffer {
  if (value.length >= length) return value
  const whole = Buffer.alloc(length)
  value.copy(whole)
  return whole
}
