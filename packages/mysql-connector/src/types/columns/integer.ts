import type { BinlogColumn, CatalogColumn, SnapshotColumn } from './column.ts'

/** TINYINT to INT, 1 to 4 bytes. */
export function binlogInteger(size: 1 | 2 | 3 | 4, unsigned: boolean): BinlogColumn {
  return {
    form: 'number',
    read: unsigned ? (bytes) => String(bytes.uint(size)) : (bytes) => String(bytes.int(size)),
    skip: (bytes) => bytes.skip(size),
  }
}

/** Beyond 2^53 a number would lose digits, so BIGINT is text whatever its value. */
export function binlogBigint(unsigned: boolean): BinlogColumn {
  return {
    form: 'plain',
    read: unsigned
      ? (bytes) => {
          const high = bytes.buffer.readUInt32LE(bytes.position + 4)
          if (high > 0x1fffff) return String(bytes.uint64())
          const low = bytes.buffer.readUInt32LE(bytes.position)
          bytes.position += 8
          return String(high * 0x1_0000_0000 + low)
        }
      : (bytes) => {
          const high = bytes.buffer.readInt32LE(bytes.position + 4)
          if (high > 0x1fffff || high < -0x200000) return String(bytes.int64())
          const low = bytes.buffer.readUInt32LE(bytes.position)
          bytes.position += 8
          return String(high * 0x1_0000_0000 + low)
        },
    skip: (bytes) => bytes.skip(8),
  }
}

export function snapshotInteger(column: CatalogColumn): SnapshotColumn {
  return {
    form: column.dataType === 'bigint' ? 'plain' : 'number',
    select: (name) => name,
    text: column.columnType.includes('zerofill') ? (value) => withoutZeros(String(value)) : String,
    literal: (text) => text,
  }
}

/** YEAR: one byte, years since 1900; 0 is the year 0000. */
export const binlogYear: BinlogColumn = {
  form: 'number',
  read(bytes) {
    const year = bytes.uint8()
    return year === 0 ? '0' : String(year + 1900)
  },
  skip: (bytes) => bytes.skip(1),
}

export const snapshotYear: SnapshotColumn = {
  form: 'number',
  select: (name) => name,
  text: (value) => withoutZeros(String(value)),
  literal: (text) => text,
}

function withoutZeros(text: string): string {
  return text.replace(/^0+(?=\d)/, '')
}
