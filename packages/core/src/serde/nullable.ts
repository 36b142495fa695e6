import type { Serde } from './serde.ts'

/**
 * Says in the types that keys or values of a topic may be null. Null itself is never written by a serde (a record has a null
 * key or value of its own), so the bytes are the same.
 *
 * @example
 * ```ts
 * import { json, nullable, string, topology } from '@millrace/core'
 *
 * export const deletions = topology('deletions', (t) => {
 *   t.stream('customers', { key: string(), value: nullable(json<{ name: string }>()) })
 *     .filter((customer) => customer === null) // a tombstone
 *     .to('deleted-customers')
 * })
 * ```
 */
export function nullable<T>(serde: Serde<T>): Serde<T | null> {
  return serde as Serde<T | null>
}
