import type { Serde } from './serde.ts'

/**
 * Bytes as they are. What is read is a copy, so that a small value does not keep a large fetch response in memory.
 *
 * @example
 * ```ts
 * import { bytes, string, topology } from '@millrace/core'
 *
 * export const copy = topology('copy', (t) => {
 *   t.stream('images', { key: string(), value: bytes() }).filter((image) => image.length > 0).to('images-copy')
 * })
 * ```
 */
export function bytes(): Serde<Uint8Array> {
  return BYTES
}

const BYTES: Serde<Uint8Array> = {
  name: 'bytes',
  encode: (value) => value,
  decode(source, start, end) {
    const copy = new Uint8Array(end - start)
    copy.set(source.subarray(start, end))
    return copy
  },
  identity: (value) => Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1'),
}
