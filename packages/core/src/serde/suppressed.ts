import type { Headers } from '@millrace/state-store'
import { decodeHeaders, encodeHeaders, headersSizeBound } from '../log/records/index.ts'
import { type Change, changeOf } from './change.ts'
import type { Serde } from './serde.ts'
import { toBytes } from './to-bytes.ts'

/** The latest change of a key that is held back. `previous` is from before the first one that was held back. */
export interface Suppressed<V> extends Change<V> {
  /** What it is due by, ms. */
  readonly time: number
  readonly timestamp: number
  readonly headers: Headers
}

/** The entry of a suppress buffer that has no key: how far event time has come. */
export interface SuppressClock {
  readonly eventTime: number
}

const CLOCK = 0
const KEY = 1

/** Keys of a suppress buffer, after one byte that tells them from the clock's (null). */
export function suppressedKey<K>(key: Serde<K>): Serde<K | null> {
  return {
    name: `suppressed(${key.name})`,
    encode: (inner) => (inner === null ? Buffer.of(CLOCK) : Buffer.concat([Buffer.of(KEY), toBytes(key.encode(inner))])),
    decode: (bytes, start, end) => (bytes[start] === CLOCK ? null : key.decode(bytes, start + 1, end)),
    ...(key.identity !== undefined && {
      identity: (inner: K | null): string => {
        if (inner === null) return 'clock'
        const identity = key.identity?.(inner)
        return `${typeof identity} ${identity}`
      },
    }),
  }
}

/** Time and timestamp (8 bytes each, as doubles), length of the change (4 bytes), the change, the headers. The clock: 8 bytes. */
export function suppressed<V>(value: Serde<V>): Serde<Suppressed<V> | SuppressClock> {
  const changes = changeOf(value)
  return {
    name: `suppressed(${value.name})`,
    encode(entry) {
      if ('eventTime' in entry) {
        const clock = Buffer.allocUnsafe(8)
        clock.writeDoubleBE(entry.eventTime)
        return clock
      }
      const change = toBytes(changes.encode(entry))
      const bytes = Buffer.allocUnsafe(20 + change.length + headersSizeBound(entry.headers))
      bytes.writeDoubleBE(entry.time)
      bytes.writeDoubleBE(entry.timestamp, 8)
      bytes.writeUInt32BE(change.length, 16)
      bytes.set(change, 20)
      return bytes.subarray(0, encodeHeaders(bytes, 20 + change.length, entry.headers))
    },
    decode(bytes, start, end) {
      if (end - start === 8) return { eventTime: bytes.readDoubleBE(start) }
      const changeEnd = start + 20 + bytes.readUInt32BE(start + 16)
      const { next, previous } = changes.decode(bytes, start + 20, changeEnd)
      const headers = decodeHeaders(bytes, changeEnd)
      return { next, previous, time: bytes.readDoubleBE(start), timestamp: bytes.readDoubleBE(start + 8), headers }
    },
  }
}
