import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'

/**
 * Numbers as IEEE 754 float64 in 8 bytes, big-endian, as Kafka's DoubleSerializer writes them.
 *
 * @throws {MillraceError} RECORD_INVALID when a value is no number, or the bytes are not 8
 *
 * @example
 * ```ts
 * import { double, string, topology } from '@millrace/core'
 *
 * export const warm = topology('warm', (t) => {
 *   t.stream('celsius', { key: string(), value: double() }).filter((degrees) => degrees > 30).to('warm')
 * })
 * ```
 */
export function double(): Serde<number> {
  return DOUBLE
}

const DOUBLE: Serde<number> = {
  name: 'double',
  encode(value) {
    if (typeof value !== 'number') throw new MillraceError('RECORD_INVALID', `double(): expected a number, got ${typeof value}`)
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleBE(value, 0)
    return bytes
  },
  decode(bytes, start, end) {
    if (end - start !== 8) throw new MillraceError('RECORD_INVALID', `double(): expected 8 bytes, got ${end - start}`)
    return bytes.readDoubleBE(start)
  },
  // A Map takes 0 and -0 for one key; their bytes differ.
  identity: (value) => (Object.is(value, -0) ? '-0' : value),
}
