import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'
import { toBytes } from './encoded.ts'

// What the two sides of a foreign-key join tell each other (after KIP-213). Only Millrace reads and writes these topics.

/**
 * What a left row wants of the right side: to subscribe and hear whatever there is (`answer`), or only of a row that is there
 * (`answer-if-present`); to unsubscribe and hear that there is nothing (`end-and-answer`), or no more (`end`).
 */
export type SubscriptionInstruction = (typeof INSTRUCTIONS)[number]

/** The left side's message: a row of it names a row of the right side. */
export interface Subscription {
  readonly instruction: SubscriptionInstruction
  /** Of the left value that it is sent for; null when that was deleted. */
  readonly hash: Buffer | null
  /** Partition of the left row. */
  readonly partition: number
  /** Key of the left row, as it is written. */
  readonly primaryKey: Buffer
}

/** The right side's answer. */
export interface ForeignKeyResponse<V> {
  /** Of the left value that it answers to. */
  readonly hash: Buffer | null
  /** The right row; null: there is none. */
  readonly value: V | null
}

/** Bytes of a hash. */
export const HASH_BYTES = 16

const INSTRUCTIONS = ['answer', 'answer-if-present', 'end-and-answer', 'end'] as const
const HAS_HASH = 4

/** One byte for instruction and presence of the hash, the partition (4 bytes, big-endian), the hash, the key. */
export const subscription: Serde<Subscription> = {
  name: 'subscription',
  encode({ instruction, hash, partition, primaryKey }) {
    const header = Buffer.allocUnsafe(5)
    header[0] = INSTRUCTIONS.indexOf(instruction) | (hash === null ? 0 : HAS_HASH)
    header.writeUInt32BE(partition, 1)
    return Buffer.concat(hash === null ? [header, primaryKey] : [header, hash, primaryKey])
  },
  decode(bytes, start, end) {
    const head = bytes[start] ?? 0
    const instruction = INSTRUCTIONS[head & 3]
    const keyStart = start + 5 + ((head & HAS_HASH) === 0 ? 0 : HASH_BYTES)
    if (instruction === undefined || keyStart > end) throw foreign('subscription', end - start)
    return {
      instruction,
      hash: (head & HAS_HASH) === 0 ? null : bytes.subarray(start + 5, keyStart),
      partition: bytes.readUInt32BE(start + 1),
      primaryKey: bytes.subarray(keyStart, end),
    }
  },
}

/**
 * One byte for presence of the hash, the hash, the value. A right row whose encoding is empty is none, as in Kafka Streams
 * (SubscriptionResponseWrapperSerde): of the serdes here only `string()` and `bytes()` have such values.
 */
export function responseOf<V>(value: Serde<V>): Serde<ForeignKeyResponse<V>> {
  return {
    name: `response(${value.name})`,
    encode({ hash, value: right }) {
      const header = Buffer.of(hash === null ? 0 : HAS_HASH)
      const parts = hash === null ? [header] : [header, hash]
      return Buffer.concat(right === null ? parts : [...parts, toBytes(value.encode(right))])
    },
    decode(bytes, start, end) {
      const head = bytes[start] ?? 0
      const valueStart = start + 1 + ((head & HAS_HASH) === 0 ? 0 : HASH_BYTES)
      if (valueStart > end) throw foreign('response', end - start)
      return {
        hash: (head & HAS_HASH) === 0 ? null : bytes.subarray(start + 1, valueStart),
        value: valueStart === end ? null : value.decode(bytes, valueStart, end),
      }
    },
  }
}

function foreign(what: string, length: number): MillraceError {
  return new MillraceError(
    'RECORD_INVALID',
    `${length} bytes are no ${what} of a foreign-key join; was something else written to this internal topic?`,
  )
}
