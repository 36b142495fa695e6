import { nullable, type Serde, type Stream, type Table, type Windowed } from '@millrace/core'

/** Keys are text, or text within a window. */
export type Key = string | null | Windowed<Key>
export type Value = string | null
/** Keys of tables and groups. */
export type TextKey = Exclude<Key, null>
export type TextStream = Stream<Key, Value>
export type TextTable = Table<TextKey, string>

/** `x`, or `key@start/end` for a windowed key. */
export function render(key: string | Windowed<Key>): string {
  return typeof key === 'string' ? key : `${str(key.key)}@${key.window.start}/${renderEnd(key.window.end)}`
}

/** Unlimited windows end at Java's Long.MAX_VALUE. */
function renderEnd(end: number): string {
  return end === Number.POSITIVE_INFINITY ? '9223372036854775807' : String(end)
}

/** FORMAT.md's `str(x)`. */
export function str(x: Key): string {
  return x === null ? 'null' : render(x)
}

/** Text, and windowed keys as rendered text: what they are when they come back. */
export const text: Serde<string | Windowed<Key>> = {
  name: 'text',
  encode: render,
  decode: (bytes, start, end) => bytes.toString('utf8', start, end),
  identity: render,
}

/** Text only. */
export const plainText: Serde<string> = {
  name: 'plain-text',
  encode: (value) => value,
  decode: (bytes, start, end) => bytes.toString('utf8', start, end),
  identity: (value) => value,
}

export const nullableText: Serde<Key> = nullable(text)
export const nullableValue: Serde<Value> = nullable(plainText)
