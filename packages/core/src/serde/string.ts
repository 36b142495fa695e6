import type { Serde } from './serde.ts'

/**
 * Text as UTF-8, as Kafka's StringSerializer writes it. Lone surrogates, which UTF-8 cannot hold, become U+FFFD.
 *
 * @example
 * ```ts
 * import { string, topology } from '@millrace/core'
 *
 * export const shouting = topology('shouting', (t) => {
 *   t.stream('words', { key: string(), value: string() })
 *     .mapValues((word) => word.toUpperCase(), { value: string() })
 *     .to('shouted')
 * })
 * ```
 */
export function string(): Serde<string> {
  return STRING
}

// The text itself is what goes on: it is written as UTF-8 straight into the batch. For reading, utf8Slice costs the same as
// latin1Slice for ASCII text (simdutf), and any check before choosing costs more than the difference.
const STRING: Serde<string> = {
  name: 'string',
  encode: (value) => value,
  decode: (bytes, start, end) => bytes.utf8Slice(start, end),
  identity: (value) => value.toWellFormed(),
}
