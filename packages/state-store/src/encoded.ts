import type { Encoded } from './codec.ts'

/** The bytes that `encoded` stands for, as a Buffer (a copy only when it is text). */
export function toBuffer(encoded: Encoded): Buffer {
  if (typeof encoded === 'string') return Buffer.from(encoded, 'utf8')
  return Buffer.isBuffer(encoded) ? encoded : Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
}

/** `before`, then `encoded`, then `after` bytes left free, in one new Buffer. */
export function assemble(before: Uint8Array, encoded: Encoded, after: number): Buffer {
  const head = before.length
  if (typeof encoded === 'string') {
    // Short text is nearly always ASCII: try one byte for each unit, and measure only when it does not fit.
    let buffer = Buffer.allocUnsafe(head + encoded.length + after)
    if (isAscii(encoded)) {
      buffer.latin1Write(encoded, head)
    } else {
      buffer = Buffer.allocUnsafe(head + Buffer.byteLength(encoded) + after)
      buffer.utf8Write(encoded, head)
    }
    copyShort(before, buffer)
    return buffer
  }
  const buffer = Buffer.allocUnsafe(head + encoded.length + after)
  copyShort(before, buffer)
  buffer.set(encoded, head)
  return buffer
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

function copyShort(from: Uint8Array, to: Buffer): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i] as number
}
