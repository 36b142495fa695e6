import type { ByteReader } from './byte-reader.ts'
import type { BinlogColumn, CatalogColumn, SnapshotColumn } from './column.ts'

/** Bytes of a group of 0 to 9 decimal digits. */
const GROUP_BYTES: readonly number[] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]

/**
 * DECIMAL(precision, scale): groups of nine digits in big-endian, the first bit inverted, all bits inverted when negative
 * (MySQL source, strings/decimal.cc, decimal2bin).
 */
export function binlogDecimal(precision: number, scale: number): BinlogColumn {
  const whole = precision - scale
  const wholeGroups = Math.trunc(whole / 9)
  const wholeRest = whole % 9
  const fractionGroups = Math.trunc(scale / 9)
  const fractionRest = scale % 9
  const restBytes = GROUP_BYTES[wholeRest] as number
  const fractionRestBytes = GROUP_BYTES[fractionRest] as number
  const size = restBytes + wholeGroups * 4 + fractionGroups * 4 + fractionRestBytes

  return {
    form: 'plain',
    read(bytes) {
      const end = bytes.position + size
      const negative = ((bytes.buffer[bytes.position] as number) & 0x80) === 0
      let first = true
      const group = (length: number): number => {
        let value = 0
        for (let i = 0; i < length; i++) {
          let byte = bytes.uint8()
          if (first) byte ^= 0x80
          first = false
          value = value * 256 + (negative ? byte ^ 0xff : byte)
        }
        return value
      }
      let text = restBytes > 0 ? String(group(restBytes)) : ''
      for (let i = 0; i < wholeGroups; i++) text += padded(group(4), 9)
      text = text.replace(/^0+(?=\d)/, '') || '0'
      if (scale > 0) {
        text += '.'
        for (let i = 0; i < fractionGroups; i++) text += padded(group(4), 9)
        if (fractionRestBytes > 0) text += padded(group(fractionRestBytes), fractionRest)
      }
      bytes.position = end
      return negative ? `-${text}` : text
    },
    skip: (bytes: ByteReader) => bytes.skip(size),
  }
}

export function snapshotDecimal(column: CatalogColumn): SnapshotColumn {
  return {
    form: 'plain',
    select: (name) => name,
    text: column.columnType.includes('zerofill') ? (value) => String(value).replace(/^0+(?=\d)/, '') : String,
    literal: (text) => text,
  }
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
