import type { Codec, Encoded } from '@millrace/state-store'

/** The bytes that an encoded value stands for: a copy only when it is text. */
export function toBytes(encoded: Encoded): Buffer {
  if (typeof encoded === 'string') return Buffer.from(encoded)
  return Buffer.isBuffer(encoded) ? encoded : Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
}

/** How many bytes that are. */
export function byteLengthOf(encoded: Encoded): number {
  return typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.length
}

/** Their order: negative, 0 or positive. */
export function compareEncoded(a: Encoded, b: Encoded): number {
  return a === b ? 0 : Buffer.compare(toBytes(a), toBytes(b))
}

/** What a Map can hold a key by: the codec's own identity, or the encoding's bytes as text of one byte a unit. */
export function identityOf<K>(codec: Codec<K>, key: K): string | number | bigint {
  return codec.identity === undefined ? toBytes(codec.encode(key)).toString('latin1') : codec.identity(key)
}
