import type { Headers } from '@millrace/state-store'

/** The one empty list: compare by identity to skip work. */
export const NO_HEADERS: Headers = Object.freeze([])

/** Reads the headers of a record of a record batch v2 (Kafka protocol, "Record Header"). */
export function decodeHeaders(buffer: Buffer, start: number): Headers {
  if (start < 0 || buffer[start] === 0) return NO_HEADERS
  let position = start
  const varint = (): number => {
    let result = 0
    let shift = 0
    for (;;) {
      const byte = buffer[position++] ?? 0
      result |= (byte & 127) << shift
      if (byte < 128) return (result >>> 1) ^ -(result & 1)
      shift += 7
    }
  }
  const headers: (readonly [string, Uint8Array | null])[] = []
  const count = varint()
  for (let i = 0; i < count; i++) {
    const nameLength = varint()
    const name = buffer.utf8Slice(position, position + nameLength)
    position += nameLength
    const valueLength = varint()
    headers.push([name, valueLength < 0 ? null : buffer.subarray(position, position + valueLength)])
    if (valueLength > 0) position += valueLength
  }
  return headers
}
