import type { Encoded } from '@millrace/state-store'
import { HASH_BYTES } from '../serde/foreign-key.ts'

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/**
 * MurmurHash3, 128 bits, in the variant for 32-bit arithmetic (Austin Appleby, public domain): tells two versions of a row
 * apart, as Kafka Streams does in foreign-key joins. Not for adversaries.
 */
export function valueHash(encoded: Encoded): Buffer {
  const bytes = typeof encoded === 'string' ? Buffer.from(encoded) : encoded
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const hash = new Uint32Array(4)
  let [h1, h2, h3, h4] = [0, 0, 0, 0]
  const blocks = bytes.length >>> 4
  for (let i = 0; i < blocks; i++) {
    h1 = (Math.imul(rotate(h1 ^ mixed(view.getUint32(16 * i, true), C1, 15, C2), 19) + h2, 5) + 0x561ccd1b) | 0
    h2 = (Math.imul(rotate(h2 ^ mixed(view.getUint32(16 * i + 4, true), C2, 16, C3), 17) + h3, 5) + 0x0bcaa747) | 0
    h3 = (Math.imul(rotate(h3 ^ mixed(view.getUint32(16 * i + 8, true), C3, 17, C4), 15) + h4, 5) + 0x96cd1c35) | 0
    h4 = (Math.imul(rotate(h4 ^ mixed(view.getUint32(16 * i + 12, true), C4, 18, C1), 13) + h1, 5) + 0x32ac3b17) | 0
  }
  const [k1, k2, k3, k4] = tail(bytes, 16 * blocks)
  h4 ^= mixed(k4, C4, 18, C1) ^ bytes.length
  h3 ^= mixed(k3, C3, 17, C4) ^ bytes.length
  h2 ^= mixed(k2, C2, 16, C3) ^ bytes.length
  h1 ^= mixed(k1, C1, 15, C2) ^ bytes.length
  const sum = h1 + h2 + h3 + h4
  const parts = [sum, h2 + sum, h3 + sum, h4 + sum].map(finish)
  hash.set(parts)
  const [f1 = 0, f2 = 0, f3 = 0, f4 = 0] = hash
  const total = f1 + f2 + f3 + f4
  const result = Buffer.allocUnsafe(HASH_BYTES)
  for (const [i, part] of [total, f2 + total, f3 + total, f4 + total].entries()) result.writeUInt32BE(part >>> 0, 4 * i)
  return result
}

/** The last bytes as four words, zeros behind them. */
function tail(bytes: Uint8Array, from: number): readonly [number, number, number, number] {
  const words: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = from; i < bytes.length; i++) {
    const word = (i - from) >>> 2
    words[word] = (words[word] ?? 0) | ((bytes[i] ?? 0) << (8 * ((i - from) & 3)))
  }
  return words
}

function mixed(word: number, first: number, bits: number, second: number): number {
  return Math.imul(rotate(Math.imul(word, first), bits), second)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function finish(word: number): number {
  let hash = word | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
