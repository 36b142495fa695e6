import type { Headers } from '@millrace/state-store'
import { VarintReader, writeVarint } from './varint.ts'

/** The one empty list: compare by identity to skip work. */
export const NO_HEADERS: Headers = Object.freeze([])

/** Reads the headers of a record of a record batch v2 (Kafka protocol, "Record Header"). */
export function decodeHeaders(buffer: Buffer, start: number): Headers {
  if (start < 0 || buffer[start] === 0) return NO_HEADERS
  const reader = new VarintReader(buffer, start)
  const headers: (readonly [string, Uint8Array | null])[] = []
  const count = reader.varint()
  for (let i = 0; i < count; i++) {
    const nameLength = reader.varint()
    const name = buffer.utf8Slice(reader.position, reader.position + nameLength)
    reader.position += nameLength
    const valueLength = reader.varint()
    const valueStart = reader.position
    headers.push([name, valueLength < 0 ? null : buffer.subarray(valueStart, valueStart + valueLength)])
    if (valueLength > 0) reader.position += valueLength
  }
  return headers
}

/** Upper bound of what `encodeHeaders` writes, bytes. */
export function headersSizeBound(headers: Headers): number {
  let bound = 5
  for (const [name, value] of headers) bound += 10 + name.length * 3 + (value === null ? 0 : value.length)
  return bound
}

/** Writes count and headers at `at`; returns the position after them. The buffer must have room: see headersSizeBound. */
export function encodeHeaders(buffer: Buffer, at: number, headers: Headers): number {
  let position = writeVarint(buffer, at, headers.length)
  for (const [name, value] of headers) {
    const nameLength = Buffer.byteLength(name)
    position = writeVarint(buffer, position, nameLength)
    if (nameLength > 0) position += buffer.utf8Write(name, position)
    if (value === null) {
      position = writeVarint(buffer, position, -1)
    } else {
      position = writeVarint(buffer, position, value.length)
      buffer.set(value, position)
      position += value.length
    }
  }
  return position
}
