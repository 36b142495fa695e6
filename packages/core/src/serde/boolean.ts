import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'

/**
 * One byte, 1 or 0, as Kafka's BooleanSerializer writes it.
 *
 * @throws {MillraceError} RECORD_INVALID when a value is no boolean, or the bytes are none
 *
 * @example
 * ```ts
 * import { boolean, string, topology } from '@millrace/core'
 *
 * export const online = topology('online', (t) => {
 *   t.table('presence', { key: string(), value: boolean() }).filter((here) => here).to('online', { value: boolean() })
 * })
 * ```
 */
export function boolean(): Serde<boolean> {
  return BOOLEAN
}

const TRUE = Buffer.of(1)
const FALSE = Buffer.of(0)

const BOOLEAN: Serde<boolean> = {
  name: 'boolean',
  encode(value) {
    if (typeof value !== 'boolean')
      throw new MillraceError('RECORD_INVALID', `boolean(): expected true or false, got ${typeof value}`)
    return value ? TRUE : FALSE
  },
  decode(bytes, start, end) {
    const byte = bytes[start]
    if (end - start !== 1 || (byte !== 0 && byte !== 1)) {
      throw new MillraceError('RECORD_INVALID', `boolean(): expected one byte, 0 or 1, got ${end - start} bytes`)
    }
    return byte === 1
  },
  identity: (value) => (value ? 1 : 0),
}
