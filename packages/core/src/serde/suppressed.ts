import type { Headers } from '@millrace/state-store'
import { decodeHeaders, encodeHeaders, headersSizeBound } from '../log/records/index.ts'
import { type Change, changeOf } from './change.ts'
import type { Serde } from './serde.ts'
import { toBytes } from './encoded.ts'

/** The latest change of a key that is held back. */
export interface Suppressed<V> extends Change<V> {
  /** What was there before the first change that was held back: what the table shows meanwhile. null: nothing. */
  readonly prior: V | null
  /** What it is due by, ms. */
  readonly time: number
  readonly timestamp: number
  readonly headers: Headers
}

/** The entry of a suppress buffer that has no key: how far event time has come. */
export interface SuppressClock {
  readonly eventTime: number
}

const HEAD_BYTES = 24
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

/**
 * Time and timestamp (8 bytes each, as doubles), lengths of the change and of the prior value (4 bytes each), the change, the prior value as another change, the
 * headers. The clock: 8 bytes.
 */
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
      const prior = toBytes(changes.encode({ next: entry.prior, previous: null }))
      const headersAt = HEAD_BYTES + change.length + prior.length
      const bytes = Buffer.allocUnsafe(headersAt + headersSizeBound(entry.headers))
      bytes.writeDoubleBE(entry.time)
      bytes.writeDoubleBE(entry.timestamp, 8)
      bytes.writeUInt32BE(change.length, 16)
      bytes.writeUInt32BE(prior.length, 20)
      bytes.set(change, HEAD_BYTES)
      bytes.set(prior, HEAD_BYTES + change.length)
      return bytes.subarray(0, encodeHeaders(bytes, headersAt, entry.headers))
    },
    decode(bytes, start, end) {
      if (end - start === 8) return { eventTime: bytes.readDoubleBE(start) }
      const changeEnd = start + HEAD_BYTES + bytes.readUInt32BE(start + 16)
      const priorEnd = changeEnd + bytes.readUInt32BE(start + 20)
      const { next, previous } = changes.decode(bytes, start + HEAD_BYTES, changeEnd)
      const { next: prior } = changes.decode(bytes, changeEnd, priorEnd)
      const headers = decodeHeaders(bytes, priorEnd)
      return { next, previous, prior, time: bytes.readDoubleBE(start), timestamp: bytes.readDoubleBE(start + 8), headers }
    },
  }
}
