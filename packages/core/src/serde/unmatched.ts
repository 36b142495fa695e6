import type { Serde } from './serde.ts'
import { toBytes } from './encoded.ts'

/** A side of a join of streams. */
export type JoinSide = 'left' | 'right'

/** Where the records of a join of streams are kept that have found nothing yet. */
export interface UnmatchedKey<K> {
  readonly timestamp: number
  readonly side: JoinSide
  /** null, which no record here has: a bound before all keys. */
  readonly key: K | null
}

/** All of one key, side and time, in order of arrival. */
export interface UnmatchedValues {
  readonly side: JoinSide
  readonly values: readonly unknown[]
}

const HEAD_BYTES = 9
const LENGTH_BYTES = 4
const RIGHT = 0
const LEFT = 1

/** Time (8 bytes, big-endian), side (right before left), key: in this order unmatched records leave. */
export function unmatchedKey<K>(key: Serde<K>): Serde<UnmatchedKey<K>> {
  return {
    name: `unmatched(${key.name})`,
    encode({ timestamp, side, key: inner }) {
      const encoded = inner === null ? Buffer.alloc(0) : toBytes(key.encode(inner))
      const bytes = Buffer.allocUnsafe(HEAD_BYTES + encoded.length)
      bytes.writeBigUInt64BE(BigInt(timestamp))
      bytes[HEAD_BYTES - 1] = side === 'left' ? LEFT : RIGHT
      bytes.set(encoded, HEAD_BYTES)
      return bytes
    },
    decode(bytes, start, end) {
      return {
        timestamp: Number(bytes.readBigUInt64BE(start)),
        side: sideOf(bytes[start + HEAD_BYTES - 1]),
        key: key.decode(bytes, start + HEAD_BYTES, end),
      }
    },
  }
}

/** One byte for the side, then each value behind its length (4 bytes, big-endian). */
export function unmatchedValues(left: Serde<unknown>, right: Serde<unknown>): Serde<UnmatchedValues> {
  const serdes = { left, right }
  return {
    name: `unmatched(${left.name}, ${right.name})`,
    encode({ side, values }) {
      const parts: Buffer[] = [Buffer.of(side === 'left' ? LEFT : RIGHT)]
      for (const value of values) {
        const encoded = toBytes(serdes[side].encode(value))
        const length = Buffer.allocUnsafe(LENGTH_BYTES)
        length.writeUInt32BE(encoded.length)
        parts.push(length, encoded)
      }
      return Buffer.concat(parts)
    },
    decode(bytes, start, end) {
      const side = sideOf(bytes[start])
      const values: unknown[] = []
      for (let at = start + 1; at < end; ) {
        const valueStart = at + LENGTH_BYTES
        at = valueStart + bytes.readUInt32BE(at)
        values.push(serdes[side].decode(bytes, valueStart, at))
      }
      return { side, values }
    },
  }
}

function sideOf(byte: number | undefined): JoinSide {
  return byte === LEFT ? 'left' : 'right'
}
