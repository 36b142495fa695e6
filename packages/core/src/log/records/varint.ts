/**
 * Zigzag variable-length integers, as record batches use them (Kafka protocol, "VARINT" and "VARLONG"). Small numbers are
 * one byte, so the one-byte case comes first everywhere.
 */

/** Bytes that `writeVarint` takes for a value of 32 bits. */
export function varintSize(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31)
  if ((zigzag & ~0x7f) === 0) return 1
  if ((zigzag & ~0x3fff) === 0) return 2
  if ((zigzag & ~0x1fffff) === 0) return 3
  return (zigzag & ~0xfffffff) === 0 ? 4 : 5
}

/** Writes a signed value of 32 bits; returns the position after it. */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = (value << 1) ^ (value >> 31)
  let position = at
  while ((rest & ~0x7f) !== 0) {
    buffer[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[position++] = rest
  return position
}

/** Writes a signed safe integer; returns the position after it (at most ten bytes on). */
export function writeVarlong(buffer: Buffer, at: number, value: number): number {
  if (value === (value | 0)) return writeVarint(buffer, at, value)
  // Beyond 32 bits by arithmetic: sign in the lowest bit, then the magnitude, six bits and after that seven a byte.
  const negative = value < 0
  const magnitude = negative ? -value - 1 : value
  let rest = Math.floor(magnitude / 64)
  let position = at
  buffer[position++] = 0x80 | ((magnitude % 64) << 1) | (negative ? 1 : 0)
  while (rest > 0x7f) {
    buffer[position++] = 0x80 | (rest % 128)
    rest = Math.floor(rest / 128)
  }
  buffer[position++] = rest
  return position
}

/** Reads variable-length integers from a buffer, moving on. Past the end it reads zeros: callers check `position`. */
export class VarintReader {
  buffer: Buffer
  position: number

  constructor(buffer: Buffer, position: number) {
    this.buffer = buffer
    this.position = position
  }

  varint(): number {
    let byte = this.buffer[this.position++] ?? 0
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let result = byte & 0x7f
    let shift = 7
    do {
      byte = this.buffer[this.position++] ?? 0
      result |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80)
    return (result >>> 1) ^ -(result & 1)
  }

  varlong(): number {
    const start = this.position
    let byte = this.buffer[this.position++] ?? 0
    let result = byte & 0x7f
    let shift = 7
    while (byte >= 0x80) {
      if (shift > 21) return this.#wide(start)
      byte = this.buffer[this.position++] ?? 0
      result |= (byte & 0x7f) << shift
      shift += 7
    }
    return (result >>> 1) ^ -(result & 1)
  }

  /** Beyond 32 bits: as in writeVarlong, and exact for safe integers. */
  #wide(start: number): number {
    this.position = start
    let byte = this.buffer[this.position++] ?? 0
    const negative = (byte & 1) === 1
    let magnitude = (byte & 0x7f) >>> 1
    let unit = 64
    while (byte >= 0x80) {
      byte = this.buffer[this.position++] ?? 0
      magnitude += (byte & 0x7f) * unit
      unit *= 128
    }
    return negative ? -magnitude - 1 : magnitude
  }
}
