import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'
import { identityOf, toBytes } from './encoded.ts'
import type { Windowed } from './windowed.ts'

const WINDOW_BYTES = 16

/**
 * Keys of sessions: the key's bytes, then end and start in 8 bytes each, as Kafka's SessionWindowedSerializer writes them.
 * Sessions end with their last record: `start <= time <= end`.
 *
 * @example
 * ```ts
 * import { int32, sessionWindowed } from '@millrace/core'
 *
 * const serde = sessionWindowed(int32())
 * serde.encode({ key: 7, window: { start: 120_000, end: 125_000 } }) // 20 bytes
 * ```
 */
export function sessionWindowed<K>(key: Serde<K>): Serde<Windowed<K>> {
  return {
    name: `session-windowed(${key.name})`,
    encode({ key: inner, window }) {
      const encoded = toBytes(key.encode(inner))
      const bytes = Buffer.allocUnsafe(encoded.length + WINDOW_BYTES)
      bytes.set(encoded)
      bytes.writeBigInt64BE(BigInt(window.end), encoded.length)
      bytes.writeBigInt64BE(BigInt(window.start), encoded.length + 8)
      return bytes
    },
    decode(bytes, start, end) {
      const keyEnd = end - WINDOW_BYTES
      if (keyEnd < start) {
        throw new MillraceError(
          'RECORD_INVALID',
          `sessionWindowed(): ${end - start} bytes are no key of a session: 16 bytes of its end and start are missing`,
        )
      }
      const window = { start: Number(bytes.readBigInt64BE(keyEnd + 8)), end: Number(bytes.readBigInt64BE(keyEnd)) }
      return { key: key.decode(bytes, start, keyEnd), window }
    },
    identity({ key: inner, window }) {
      return `${window.start}/${window.end}@${identityOf(key, inner)}`
    },
  }
}
