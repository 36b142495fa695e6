import { MillraceError } from '../errors.ts'
import { byteLengthOf, identityOf } from './encoded.ts'
import type { Serde } from './serde.ts'

/** A key within one window: what windowed aggregates are keyed by. */
export interface Windowed<K> {
  readonly key: K
  readonly window: Window
}

/** `start <= time < end`, both ms since the epoch. */
export interface Window {
  readonly start: number
  readonly end: number
}

/**
 * Windowed keys: the key's bytes and the window's start as 8 bytes, as Kafka's TimeWindowedSerializer writes them. The end
 * is not written: it is start + size.
 *
 * @param size length of the windows, ms
 *
 * @example
 * ```ts
 * import { int32, windowed } from '@millrace/core'
 *
 * const serde = windowed(int32(), 60_000)
 * serde.encode({ key: 7, window: { start: 120_000, end: 180_000 } }) // 12 bytes
 * ```
 */
export function windowed<K>(key: Serde<K>, size: number): Serde<Windowed<K>> {
  return {
    name: `windowed(${key.name}, ${size})`,
    encode({ key: inner, window }) {
      const encoded = key.encode(inner)
      const length = byteLengthOf(encoded)
      const bytes = Buffer.allocUnsafe(length + 8)
      if (typeof encoded === 'string') bytes.utf8Write(encoded, 0)
      else bytes.set(encoded, 0)
      writeStart(bytes, length, window.start)
      return bytes
    },
    decode(bytes, start, end) {
      if (end - start < 8) {
        throw new MillraceError(
          'RECORD_INVALID',
          `windowed(): ${end - start} bytes are no windowed key: 8 bytes of window start are missing at the end`,
        )
      }
      const windowStart = bytes.readInt32BE(end - 8) * 0x1_0000_0000 + bytes.readUInt32BE(end - 4)
      return { key: key.decode(bytes, start, end - 8), window: { start: windowStart, end: windowStart + size } }
    },
    identity({ key: inner, window }) {
      return `${window.start}@${identityOf(key, inner)}`
    },
  }
}

function writeStart(bytes: Buffer, position: number, start: number): void {
  const high = Math.floor(start / 0x1_0000_0000)
  bytes.writeInt32BE(high, position)
  bytes.writeUInt32BE(start - high * 0x1_0000_0000, position + 4)
}
