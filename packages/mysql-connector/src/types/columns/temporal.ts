import type { ByteReader } from './byte-reader.ts'
import type { BinlogColumn, SnapshotColumn } from './column.ts'

// Layouts: MySQL internals manual, "Date and Time Data Type Representation"; MySQL source, sql-common/my_time.cc.

/** DATE: 3 bytes, day 5 bits, month 4 bits, year. */
export const binlogDate: BinlogColumn = {
  form: 'plain',
  read(bytes) {
    const packed = bytes.uint(3)
    return dateText(packed >>> 9, (packed >>> 5) & 15, packed & 31)
  },
  skip: (bytes) => bytes.skip(3),
}

/** TIME: 3 bytes and a fraction, big-endian, offset so that it sorts; the fraction of a negative time counts from below. */
export function binlogTime(digits: number): BinlogColumn {
  const fractionBytes = bytesOfFraction(digits)
  const size = 3 + fractionBytes
  const zero = 0x80_0000 * 256 ** fractionBytes
  return {
    form: 'plain',
    read(bytes) {
      const packed = bytes.uintBE(size) - zero
      const magnitude = Math.abs(packed)
      const time = Math.trunc(magnitude / 256 ** fractionBytes)
      const fraction = magnitude % 256 ** fractionBytes
      const text = `${two(time >>> 12)}:${two((time >>> 6) & 63)}:${two(time & 63)}${fractionText(fraction, digits)}`
      return packed < 0 ? `-${text}` : text
    },
    skip: (bytes) => bytes.skip(size),
  }
}

/** DATETIME: 5 bytes and a fraction, big-endian: sign, year * 13 + month 17 bits, day 5, hour 5, minute 6, second 6. */
export function binlogDateTime(digits: number): BinlogColumn {
  const size = 5 + bytesOfFraction(digits)
  return {
    form: 'plain',
    read(bytes) {
      const { buffer, position } = bytes
      // The upper and the lower bits, each within a 32-bit number.
      const high = buffer.readUInt32BE(position) & 0x7fff_ffff
      const low = buffer.readUInt32BE(position + 1)
      bytes.position = position + 5
      const yearMonth = high >>> 14
      const date = dateText(Math.trunc(yearMonth / 13), yearMonth % 13, (low >>> 17) & 31)
      const time = `${two((low >>> 12) & 31)}:${two((low >>> 6) & 63)}:${two(low & 63)}`
      return `${date} ${time}${readFraction(bytes, digits)}`
    },
    skip: (bytes) => bytes.skip(size),
  }
}

/** TIMESTAMP: seconds since the epoch, unsigned (MariaDB goes beyond 2038), and a fraction, big-endian; 0 is the zero date. */
export function binlogTimestamp(digits: number): BinlogColumn {
  const size = 4 + bytesOfFraction(digits)
  return {
    form: 'plain',
    read(bytes) {
      const seconds = bytes.uintBE(4)
      const fraction = readFraction(bytes, digits)
      // No moment in time but zero itself can be second 0: MySQL's TIMESTAMP begins at 00:00:01.
      if (seconds === 0) return `0000-00-00 00:00:00${fraction}`
      const iso = new Date(seconds * 1000).toISOString()
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction}`
    },
    skip: (bytes) => bytes.skip(size),
  }
}

/** Text as the server writes it, in a session of UTC and without a SQL mode. */
export function snapshotTemporal(type: 'DATE' | 'TIME' | 'DATETIME', digits: number): SnapshotColumn {
  const cast = type === 'DATE' ? 'DATE' : `${type}(${digits})`
  return {
    form: 'plain',
    select: (name) => name,
    text: String,
    literal: (text) => `CAST('${text}' AS ${cast})`,
  }
}

function bytesOfFraction(digits: number): number {
  return (digits + 1) >>> 1
}

function readFraction(bytes: ByteReader, digits: number): string {
  return digits === 0 ? '' : fractionText(bytes.uintBE(bytesOfFraction(digits)), digits)
}

/** The fraction is stored with an even number of digits. */
function fractionText(fraction: number, digits: number): string {
  if (digits === 0) return ''
  const stored = digits % 2 === 0 ? fraction : Math.trunc(fraction / 10)
  return `.${String(stored).padStart(digits, '0')}`
}

function dateText(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
