import { MillraceError } from '../errors.ts'
import type { Serde } from './serde.ts'
import { hasTags, needsTags, tag, untag } from './json-tags.ts'

/**
 * JSON that keeps types: plain values are plain JSON, which anybody can read; bigint, Date, Uint8Array, undefined in lists,
 * NaN, infinities and -0 are written as tagged objects (`{"~n":"10"}`) and come back as they were. Properties that are
 * undefined are left out. The default for everything that is computed.
 *
 * The type is a promise: nothing is checked when reading. At the edges use {@link jsonOf}.
 *
 * @throws {MillraceError} RECORD_INVALID when a value holds what JSON cannot keep (Map, class instances, functions), or the
 *   bytes are no JSON
 *
 * @example
 * ```ts
 * import { json, string, topology } from '@millrace/core'
 *
 * interface Click { page: string; amount: bigint; at: Date }
 *
 * export const clicks = topology('clicks', (t) => {
 *   t.stream('clicks', { key: string(), value: json<Click>() }).filter((click) => click.amount > 0n).to('paid-clicks')
 * })
 * ```
 */
export function json<T>(): Serde<T> {
  return JSON_SERDE as Serde<T>
}

const JSON_SERDE: Serde<unknown> = {
  name: 'json',
  encode: (value) => JSON.stringify(needsTags(value) ? tag(value) : value),
  decode(bytes, start, end) {
    const text = bytes.utf8Slice(start, end)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      // The parser's message quotes the text, which may hold secrets.
      throw new MillraceError('RECORD_INVALID', `json(): ${end - start} bytes that are no JSON${positionOf(cause)}`)
    }
    return hasTags(text) ? untag(value) : value
  },
}

function positionOf(cause: unknown): string {
  const position = cause instanceof Error ? /at position \d+/.exec(cause.message) : null
  return position === null ? '' : ` (${position[0]})`
}
