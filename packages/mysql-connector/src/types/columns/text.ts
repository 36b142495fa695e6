import type { TextReader } from './charset.ts'
import type { BinlogColumn, CatalogColumn, SnapshotColumn } from './column.ts'
import { type LengthPrefix, readLength } from './length-prefix.ts'

/** CHAR, VARCHAR and the TEXT family, in the column's own character set. */
export function binlogText(prefix: LengthPrefix, decode: TextReader): BinlogColumn {
  return {
    form: 'text',
    read(bytes) {
      const length = readLength(bytes, prefix)
      const start = bytes.position
      bytes.position = start + length
      return decode(bytes.buffer, start, start + length)
    },
    skip: (bytes) => bytes.skip(readLength(bytes, prefix)),
  }
}

/** Converted to utf8mb4 by the server. */
export function snapshotText(column: CatalogColumn): SnapshotColumn {
  const { charset, collation } = column
  return {
    form: 'text',
    select: (name) => name,
    text: String,
    ...(charset === null || collation === null
      ? {}
      : { literal: (text) => `CONVERT(_utf8mb4 x'${Buffer.from(text).toString('hex')}' USING ${charset}) COLLATE ${collation}` }),
  }
}

/** ENUM: the number of its value, from 1; 0 is the empty text of an invalid value. */
export function binlogEnum(size: number, members: readonly string[]): BinlogColumn {
  return {
    form: 'text',
    read(bytes) {
      const index = bytes.uint(size)
      if (index === 0) return ''
      const member = members[index - 1]
      if (member === undefined) throw new RangeError(`an ENUM holds value ${index} of ${members.length}`)
      return member
    },
    skip: (bytes) => bytes.skip(size),
  }
}

/** SET: one bit for each value. */
export function binlogSet(size: number, members: readonly string[]): BinlogColumn {
  return {
    form: 'text',
    read(bytes) {
      let text = ''
      for (let i = 0; i < size; i++) {
        const byte = bytes.uint8()
        for (let bit = 0; bit < 8; bit++) {
          if ((byte & (1 << bit)) === 0) continue
          const member = members[i * 8 + bit]
          if (member === undefined) throw new RangeError(`a SET holds value ${i * 8 + bit + 1} of ${members.length}`)
          text += text === '' ? member : `,${member}`
        }
      }
      return text
    },
    skip: (bytes) => bytes.skip(size),
  }
}

/** ENUM and SET are ordered by number, not by text: no literal compares as their index does. */
export const snapshotMembers: SnapshotColumn = { form: 'text', select: (name) => name, text: String }
