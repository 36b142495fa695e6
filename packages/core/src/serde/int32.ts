import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'

/**
 * Whole numbers from -2^31 to 2^31 - 1 in 4 bytes, big-endian, as Kafka's IntegerSerializer writes them.
 *
 * @throws {MillraceError} RECORD_INVALID when a value is no such number, or the bytes are not 4
 *
 * @example
 * ```ts
 * import { int32, json, topology } from '@millrace/core'
 *
 * export const perUser = topology('per-user', (t) => {
 *   t.stream('clicks', { key: int32(), value: json<{ page: string }>() }).groupByKey().count({ as: 'clicks-per-user' })
 * })
 * ```
 */
export function int32(): Serde<number> {
  return INT32
}

const INT32: Serde<number> = {
  name: 'int32',
  encode(value) {
    if ((value | 0) !== value) {
      throw new MillraceError(
        'RECORD_INVALID',
        `int32(): ${String(value)} is no whole number from -2147483648 to 2147483647; use int64() or double()`,
      )
    }
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value, 0)
    return bytes
  },
  decode(bytes, start, end) {
    if (end - start !== 4) throw new MillraceError('RECORD_INVALID', `int32(): expected 4 bytes, got ${end - start}`)
    return bytes.readInt32BE(start)
  },
  identity: (value) => value,
}
