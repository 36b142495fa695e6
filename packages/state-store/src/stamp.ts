import type { Encoded } from './codec.ts'

/**
 * The timestamp in front of a stored value: 8 bytes of 7 bits, most significant first, in two's complement. Seven bits,
 * because such a stamp is also valid text: a value that was encoded as a string is stamped by joining two strings and
 * goes to LevelDB without a copy of its own.
 */
export const STAMP_BYTES = 8

const HALF = 0x10000000

/** @param timestamp - a safe integer. */
export function stamped(timestamp: number, value: Encoded): Encoded {
  const high = Math.floor(timestamp / HALF)
  const low = timestamp - high * HALF
  if (typeof value === 'string') {
    return (
      String.fromCharCode(
        (high >>> 21) & 127,
        (high >>> 14) & 127,
        (high >>> 7) & 127,
        high & 127,
        low >>> 21,
        (low >>> 14) & 127,
        (low >>> 7) & 127,
        low & 127,
      ) + value
    )
  }
  const bytes = Buffer.allocUnsafe(STAMP_BYTES + value.length)
  for (let i = 0; i < 4; i++) {
    bytes[i] = (high >>> (21 - 7 * i)) & 127
    bytes[i + 4] = (low >>> (21 - 7 * i)) & 127
  }
  bytes.set(value, STAMP_BYTES)
  return bytes
}

/** The timestamp of a stamped value. */
export function readStamp(bytes: Uint8Array): number {
  let high = 0
  let low = 0
  for (let i = 0; i < 4; i++) {
    high = (high << 7) | (bytes[i] ?? 0)
    low = (low << 7) | (bytes[i + 4] ?? 0)
  }
  return ((high << 4) >> 4) * HALF + low
}
