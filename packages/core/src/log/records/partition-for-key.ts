import type { Encoded } from '@millrace/state-store'

/**
 * The partition of a key, as Kafka's default partitioner chooses it (`toPositive(murmur2(keyBytes)) % partitions`): records of
 * other Kafka clients and of Millrace with the same key meet in the same partition.
 */
export function partitionForKey(key: Encoded, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** Kafka's 32-bit murmur2 (org.apache.kafka.common.utils.Utils.murmur2) of the bytes, signed. */
export function murmur2(key: Encoded): number {
  if (typeof key !== 'string') return murmur2Bytes(key)
  const length = key.length
  let hash = SEED ^ length
  // Every char code is or-ed in here: the text was ASCII, its codes its bytes, if this stays below 128.
  let seen = 0
  let i = 0
  for (const last = length - 3; i < last; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  for (let shift = 0; i < length; i++, shift += 8) {
    const code = key.charCodeAt(i)
    seen |= code
    tail |= code << shift
  }
  return seen < 128 ? finish(hash, tail, length) : murmur2Bytes(Buffer.from(key))
}

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995

function murmur2Bytes(bytes: Uint8Array): number {
  const length = bytes.length
  let hash = SEED ^ length
  let i = 0
  for (const last = length - 3; i < last; i += 4) {
    hash = mix(hash, byte(bytes, i) | (byte(bytes, i + 1) << 8) | (byte(bytes, i + 2) << 16) | (byte(bytes, i + 3) << 24))
  }
  let tail = 0
  for (let shift = 0; i < length; i++, shift += 8) tail |= byte(bytes, i) << shift
  return finish(hash, tail, length)
}

function byte(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, M)
  k ^= k >>> 24
  return Math.imul(hash, M) ^ Math.imul(k, M)
}

function finish(hash: number, tail: number, length: number): number {
  let h = hash
  if ((length & 3) !== 0) h = Math.imul(h ^ tail, M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ (h >>> 15)
}
