import type { Serde } from '@millrace/core'
import type { z } from 'zod'
import { MysqlConnectorError } from '../errors.ts'
import { base64 } from './field-codec.ts'
import { type FieldKind, fieldsOf } from './field-kind.ts'
import { keyText } from './row-text.ts'

const KEY_SERDE = 'mysql-key'

/** True for what `keySerde` returns. */
export function isMysqlKey(serde: Serde<unknown>): boolean {
  return serde.name.startsWith(KEY_SERDE)
}

/** How a key column's value is written as text and read back. */
interface KeyText {
  encode(value: unknown): string
  decode(text: string): unknown
}

/**
 * Keys: the text of the key column, or a JSON list of texts for several. Reading and writing give back the same bytes, so
 * that a key stays itself through stores and repartitioning.
 *
 * @throws {MysqlConnectorError} MYSQL_OPTIONS_INVALID for a key column that the schema lacks, or types in a way that has no
 *   text of its own
 */
export function keySerde(table: string, key: string | readonly string[], schema: z.ZodObject | undefined): Serde<unknown> {
  const columns = typeof key === 'string' ? [key] : key
  const fields = schema === undefined ? undefined : new Map(fieldsOf(schema).map((field) => [field.name, field.kind]))
  const texts = columns.map((column) => columnText(table, column, fields === undefined ? 'string' : fields.get(column)))
  const [first] = texts
  const name = `${KEY_SERDE}(${table})`
  if (typeof key === 'string' && first !== undefined) {
    return {
      name,
      encode: (value) => first.encode(value),
      decode: (bytes, start, end) => first.decode(bytes.utf8Slice(start, end)),
      identity: (value) => (value instanceof Uint8Array ? first.encode(value) : (value as string | number | bigint)),
    }
  }
  const encode = (value: unknown): string =>
    keyText(texts.map((text, i) => text.encode((value as Readonly<Record<string, unknown>>)[columns[i] as string])))
  return {
    name,
    encode,
    decode(bytes, start, end) {
      const list = textList(table, columns, bytes.utf8Slice(start, end))
      const fields: Record<string, unknown> = {}
      for (let i = 0; i < columns.length; i++) fields[columns[i] as string] = texts[i]?.decode(list[i] as string)
      return fields
    },
    identity: encode,
  }
}

function textList(table: string, columns: readonly string[], text: string): readonly string[] {
  if (columns.length === 1) return [text]
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list) && list.length === columns.length && list.every((one) => typeof one === 'string')) return list
  } catch {
    // Said below.
  }
  throw new MysqlConnectorError('MYSQL_ROW_INVALID', `not a key of ${table}: a list of ${columns.join(', ')} was expected`)
}

function columnText(table: string, column: string, kind: FieldKind | undefined): KeyText {
  switch (kind) {
    case 'string':
      return { encode: String, decode: (text) => text }
    case 'bigint':
      return { encode: String, decode: (text) => BigInt(text) }
    case 'number':
      return { encode: String, decode: Number }
    case 'boolean':
      return { encode: (value) => (value === true ? '1' : '0'), decode: (text) => text !== '0' }
    case 'bytes':
      return { encode: (value) => base64(value as Uint8Array), decode: (text) => new Uint8Array(Buffer.from(text, 'base64')) }
    case undefined:
      throw new MysqlConnectorError(
        'MYSQL_OPTIONS_INVALID',
        `mysqlTable('${table}'): the schema has no column '${column}', which is part of the key. Add it to the schema.`,
      )
    default:
      throw new MysqlConnectorError(
        'MYSQL_OPTIONS_INVALID',
        `mysqlTable('${table}'): the key column '${column}' cannot be typed as ${kind === 'date' ? 'a date, whose text depends on the column' : kind}. Use z.string().`,
      )
  }
}
