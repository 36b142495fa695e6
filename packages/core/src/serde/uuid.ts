import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'

/**
 * UUIDs in their text form, lower case, as Kafka's UUIDSerializer writes them: 36 ASCII bytes.
 *
 * @throws {MillraceError} RECORD_INVALID when a value or the bytes are no UUID
 *
 * @example
 * ```ts
 * import { json, topology, uuid } from '@millrace/core'
 *
 * export const carts = topology('carts', (t) => {
 *   t.stream('cart-events', { key: uuid(), value: json<{ item: string }>() }).groupByKey().count({ as: 'events-per-cart' })
 * })
 * ```
 */
export function uuid(): Serde<string> {
  return UUID
}

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const UUID: Serde<string> = {
  name: 'uuid',
  encode: (value) => canonical(value),
  decode: (bytes, start, end) => canonical(bytes.latin1Slice(start, end)),
  identity: (value) => canonical(value),
}

function canonical(text: string): string {
  if (!PATTERN.test(text)) {
    throw new MillraceError(
      'RECORD_INVALID',
      `uuid(): expected 36 characters such as 6f1c1f5e-8b1a-4d5e-9c3b-2f7a1e0d4c6b, got ${text.length} characters that are no UUID`,
    )
  }
  return text.toLowerCase()
}
