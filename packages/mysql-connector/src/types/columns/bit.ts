import type { ByteReader } from './byte-reader.ts'
import type { BinlogColumn, SnapshotColumn, TextForm } from './column.ts'

/** Bits that a number holds exactly. */
const NUMBER_BITS = 53

/** BIT(n): big-endian, in as many bytes as it needs. */
export function binlogBit(bits: number): BinlogColumn {
  const size = (bits + 7) >>> 3
  return {
    form: formOf(bits),
    read(bytes: ByteReader) {
      if (size <= 6) return String(bytes.uintBE(size))
      return String(BigInt(`0x${bytes.bytes(size).toString('hex')}`))
    },
    skip: (bytes) => bytes.skip(size),
  }
}

/** Adding 0 makes the server write it as a number. */
export function snapshotBit(bits: number): SnapshotColumn {
  return { form: formOf(bits), select: (name) => `${name} + 0`, text: String, literal: (text) => text }
}

function formOf(bits: number): TextForm {
  return bits <= NUMBER_BITS ? 'number' : 'bigint'
}
