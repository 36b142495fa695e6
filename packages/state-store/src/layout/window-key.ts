import type { Encoded } from '../codec.ts'
import { assemble } from '../encoded.ts'
import { prefix } from './keys.ts'

/**
 * Keys of a window store on disk: store (2 bytes), time segment (6), key, window start (8), all numbers big-endian. In
 * the changelog the key is what follows the segment: key, window start; that is Kafka Streams' WindowKeySchema without its
 * sequence number.
 */
export const WINDOW_KEY_PREFIX_BYTES = 8
export const START_BYTES = 8

const TWO_32 = 2 ** 32
const MOST = 2 ** 48

/** What is before the key: also a bound of the segment on disk. */
export function segmentPrefix(store: number, segment: number): Buffer {
  const bytes = Buffer.allocUnsafe(WINDOW_KEY_PREFIX_BYTES)
  bytes.set(prefix(store))
  bytes.writeUIntBE(segment, 2, 6)
  return bytes
}

export function segmentIn(engineKey: Buffer): number {
  return engineKey.readUIntBE(2, 6)
}

export function windowKey(segment: Buffer, key: Encoded, start: number): Buffer {
  const bytes = assemble(segment, key, START_BYTES)
  writeStart(bytes, bytes.length - START_BYTES, start)
  return bytes
}

/** Reads the window start that ends at `end`. */
export function readStart(bytes: Uint8Array, end: number): number {
  let high = 0
  let low = 0
  for (let i = end - 8; i < end - 4; i++) high = high * 256 + (bytes[i] as number)
  for (let i = end - 4; i < end; i++) low = low * 256 + (bytes[i] as number)
  return high * TWO_32 + low
}

/** @throws {RangeError} for what is no window start: a whole number of ms, 0 <= start < 2^48. */
export function assertStart(start: number): void {
  if (start >= 0 && start < MOST && Number.isInteger(start)) return
  throw new RangeError(`A window must start at a whole number of milliseconds from 0 up to 2^48, not at ${start}.`)
}

/** Writes a time in 8 bytes, big-endian. */
export function writeStart(bytes: Buffer, at: number, start: number): void {
  const high = Math.floor(start / TWO_32)
  bytes.writeUInt32BE(high, at)
  bytes.writeUInt32BE(start - high * TWO_32, at + 4)
}
