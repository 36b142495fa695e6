import type { Headers } from '@millrace/state-store'
import { decodeHeaders, encodeHeaders, headersSizeBound } from '../log/records/index.ts'
import type { Serde } from './serde.ts'
import { toBytes } from './encoded.ts'

/** Where a record of a stream is kept that waits for its time. */
export interface WaitingKey<K> {
  readonly timestamp: number
  readonly key: K | null
  /** Tells records of one key and time apart, in order of arrival. */
  readonly sequence: number
}

export interface WaitingRecord<V> {
  readonly value: V
  readonly headers: Headers
}

const HEAD_BYTES = 9
const SEQUENCE_BYTES = 4

/** Time (8 bytes, big-endian), whether there is a key (1 byte), the key, the sequence (4 bytes): in this order records leave. */
export function waitingKey<K>(key: Serde<K>): Serde<WaitingKey<K>> {
  return {
    name: `waiting(${key.name})`,
    encode({ timestamp, key: inner, sequence }) {
      const encoded = inner === null ? Buffer.alloc(0) : toBytes(key.encode(inner))
      const bytes = Buffer.allocUnsafe(HEAD_BYTES + encoded.length + SEQUENCE_BYTES)
      bytes.writeBigUInt64BE(BigInt(timestamp))
      bytes[HEAD_BYTES - 1] = inner === null ? 0 : 1
      bytes.set(encoded, HEAD_BYTES)
      bytes.writeUInt32BE(sequence, HEAD_BYTES + encoded.length)
      return bytes
    },
    decode(bytes, start, end) {
      const keyEnd = end - SEQUENCE_BYTES
      return {
        timestamp: Number(bytes.readBigUInt64BE(start)),
        key: bytes[start + HEAD_BYTES - 1] === 0 ? null : key.decode(bytes, start + HEAD_BYTES, keyEnd),
        sequence: bytes.readUInt32BE(keyEnd),
      }
    },
  }
}

/** Length of the value (4 bytes, big-endian), the value, the headers as in a record batch. */
export function waitingRecord<V>(value: Serde<V>): Serde<WaitingRecord<V>> {
  return {
    name: `waiting(${value.name})`,
    encode({ value: inner, headers }) {
      const encoded = toBytes(value.encode(inner))
      const bytes = Buffer.allocUnsafe(4 + encoded.length + headersSizeBound(headers))
      bytes.writeUInt32BE(encoded.length)
      bytes.set(encoded, 4)
      return bytes.subarray(0, encodeHeaders(bytes, 4 + encoded.length, headers))
    },
    decode(bytes, start) {
      const valueEnd = start + 4 + bytes.readUInt32BE(start)
      return { value: value.decode(bytes, start + 4, valueEnd), headers: decodeHeaders(bytes, valueEnd) }
    },
  }
}
