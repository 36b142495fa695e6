import { binlogBytes, binlogFixedBytes } from './binary.ts'
import { binlogBit } from './bit.ts'
import type { Charsets } from './charset.ts'
import type { BinlogColumn, TableMapColumn } from './column.ts'
import { binlogCompressed } from './compressed.ts'
import { binlogDecimal } from './decimal.ts'
import { binlogDouble, binlogFloat } from './float.ts'
import { binlogBigint, binlogInteger, binlogYear } from './integer.ts'
import { binlogJson } from './json.ts'
import { type LengthPrefix, prefixFor } from './length-prefix.ts'
import { binlogInet4, binlogInet6, binlogUuid } from './network.ts'
import { binlogDate, binlogDateTime, binlogTime, binlogTimestamp } from './temporal.ts'
import { binlogEnum, binlogSet, binlogText } from './text.ts'
import * as code from './type-code.ts'

const BINARY_COLLATION = 63

/**
 * How to read a column of a table as a TABLE_MAP event describes it.
 * @returns undefined for a type or character set that cannot be read exactly
 */
export function binlogColumn(column: TableMapColumn, charsets: Charsets): BinlogColumn | undefined {
  const { type, metadata, unsigned } = column
  switch (type) {
    case code.TINY:
      return binlogInteger(1, unsigned)
    case code.SHORT:
      return binlogInteger(2, unsigned)
    case code.INT24:
      return binlogInteger(3, unsigned)
    case code.LONG:
      return binlogInteger(4, unsigned)
    case code.LONGLONG:
      return binlogBigint(unsigned)
    case code.YEAR:
      return binlogYear
    case code.NEWDECIMAL:
      return binlogDecimal(metadata & 255, metadata >>> 8)
    case code.FLOAT:
      return binlogFloat
    case code.DOUBLE:
      return binlogDouble
    case code.BIT:
      return binlogBit((metadata >>> 8) * 8 + (metadata & 255))
    case code.DATE:
      return binlogDate
    case code.TIME2:
      return binlogTime(metadata)
    case code.DATETIME2:
      return binlogDateTime(metadata)
    case code.TIMESTAMP2:
      return binlogTimestamp(metadata)
    case code.JSON:
      return binlogJson(metadata as LengthPrefix)
    case code.GEOMETRY:
    case code.VECTOR:
      return binlogBytes(metadata as LengthPrefix)
    case code.ENUM:
    case code.SET:
      return members(column, charsets)
    case code.VARCHAR:
    case code.BLOB:
    case code.STRING:
    case code.VARCHAR_COMPRESSED:
    case code.BLOB_COMPRESSED:
      return characters(column, charsets)
    default:
      return undefined
  }
}

function characters(column: TableMapColumn, charsets: Charsets): BinlogColumn | undefined {
  const { type, metadata, collation } = column
  const isBlob = type === code.BLOB || type === code.BLOB_COMPRESSED
  const prefix = isBlob ? (metadata as LengthPrefix) : prefixFor(metadata)
  if (collation === undefined) return undefined
  if (collation === BINARY_COLLATION) {
    if (column.logicalType === 'uuid') return binlogUuid
    if (column.logicalType === 'inet6') return binlogInet6
    if (column.logicalType === 'inet4') return binlogInet4
    if (type === code.STRING) return binlogFixedBytes(metadata)
    return isCompressed(type) ? binlogCompressed(prefix, undefined) : binlogBytes(prefix)
  }
  const charset = charsets.charsetOf(collation)
  const reader = charset === undefined ? undefined : charsets.reader(charset)
  if (reader === undefined) return undefined
  return isCompressed(type) ? binlogCompressed(prefix, reader) : binlogText(prefix, reader)
}

function members(column: TableMapColumn, charsets: Charsets): BinlogColumn | undefined {
  const charset = column.collation === undefined ? undefined : charsets.charsetOf(column.collation)
  const reader = charset === 'binary' ? charsets.reader('utf8mb4') : charset === undefined ? undefined : charsets.reader(charset)
  if (reader === undefined) return undefined
  const texts = column.members.map((member) => reader(member, 0, member.length))
  const size = column.metadata
  return column.type === code.ENUM ? binlogEnum(size, texts) : binlogSet(size, texts)
}

function isCompressed(type: number): boolean {
  return type === code.VARCHAR_COMPRESSED || type === code.BLOB_COMPRESSED
}
