import type { Encoded } from '@millrace/state-store'

/** The bytes that an encoded value stands for: a copy only when it is text. */
export function toBytes(encoded: Encoded): Buffer {
  if (typeof encoded === 'string') return Buffer.from(encoded)
  return Buffer.isBuffer(encoded) ? encoded : Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
}
