import type { ByteReader } from './byte-reader.ts'

/** Bytes of the length before a value. */
export type LengthPrefix = 1 | 2 | 3 | 4

export function readLength(bytes: ByteReader, prefix: LengthPrefix): number {
  return prefix === 1 ? bytes.uint8() : prefix === 2 ? bytes.uint16() : bytes.uint(prefix)
}

/** CHAR, VARCHAR and their binary kin: one byte up to 255 bytes, two beyond. */
export function prefixFor(maxLength: number): LengthPrefix {
  return maxLength > 255 ? 2 : 1
}
