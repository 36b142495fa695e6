import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'

/**
 * bigint from -2^63 to 2^63 - 1 in 8 bytes, big-endian, as Kafka's LongSerializer writes them.
 *
 * @throws {MillraceError} RECORD_INVALID when a value is out of range, or the bytes are not 8
 *
 * @example
 * ```ts
 * import { int64, json, topology } from '@millrace/core'
 *
 * export const orders = topology('orders', (t) => {
 *   t.table('orders', { key: int64(), value: json<{ status: string }>() }).filter((order) => order.status === 'new').to('new-orders')
 * })
 * ```
 */
export function int64(): Serde<bigint> {
  return INT64
}

const INT64: Serde<bigint> = {
  name: 'int64',
  encode(value) {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      throw new MillraceError('RECORD_INVALID', `int64(): ${String(value)} is no bigint from -2^63 to 2^63 - 1`)
    }
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(value, 0)
    return bytes
  },
  decode(bytes, start, end) {
    if (end - start !== 8) throw new MillraceError('RECORD_INVALID', `int64(): expected 8 bytes, got ${end - start}`)
    return bytes.readBigInt64BE(start)
  },
  identity: (value) => value,
}
