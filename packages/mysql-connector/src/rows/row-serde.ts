import type { Serde } from '@millrace/core'
import type { z } from 'zod'
import { MysqlConnectorError } from '../errors.ts'
import { encodeField, fieldDecoder } from './field-codec.ts'
import { fieldsOf, type RowField } from './field-kind.ts'
import { plainChecks } from './plain-check.ts'
import { fieldName } from './row-text.ts'

type TypedRow = Record<string, unknown>

/**
 * Rows typed by a schema: each field is read from its wire form by a decoder chosen once, then zod checks the row.
 *
 * @param key columns of the key, for messages
 * @throws {MysqlConnectorError} MYSQL_OPTIONS_INVALID for a schema with transforms; MYSQL_ROW_INVALID from `decode`
 */
export function rowSerde(table: string, schema: z.ZodObject, key: readonly string[] | undefined): Serde<TypedRow> {
  const fields = fieldsOf(schema)
  const transform = fields.find((field) => field.transforms)
  if (transform !== undefined) {
    throw new MysqlConnectorError(
      'MYSQL_OPTIONS_INVALID',
      `mysqlTable('${table}'): the schema transforms '${transform.name}', which could not be undone when rows are kept in a store. Take the column as it is, and change it with mapValues().`,
    )
  }
  const coerce = rowDecoder(table, fields)
  const plain = plainChecks(schema)
  const names = fields.map((field) => field.name)
  const isPlain = (row: TypedRow): boolean => {
    if (plain === undefined) return false
    for (let i = 0; i < plain.length; i++) if (plain[i]?.(row[names[i] as string]) !== true) return false
    return true
  }
  const unchecked: Serde<TypedRow> = { name: `mysql-row(${table})`, encode: rowEncoder(fields), decode: coerce }
  return {
    name: unchecked.name,
    encode: unchecked.encode,
    decode(bytes, start, end) {
      const row = coerce(bytes, start, end)
      if (isPlain(row)) return row
      const result = schema.safeParse(row)
      if (result.success) return result.data
      throw invalidRow(table, row, key, result.error)
    },
    unchecked,
  }
}

function rowDecoder(table: string, fields: readonly RowField[]): (bytes: Buffer, start: number, end: number) => TypedRow {
  const names = fields.map((field) => field.name)
  const wireNames = names.map(fieldName)
  const decoders = fields.map((field) => fieldDecoder(field.kind))
  const nullIsUndefined = fields.map((field) => field.nullIsUndefined)
  const { length } = fields
  return (bytes, start, end) => {
    const wire = parse(table, bytes, start, end)
    const row: TypedRow = {}
    for (let i = 0; i < length; i++) {
      const name = names[i] as string
      const value = wire[wireNames[i] as string]
      if (value === null) row[name] = nullIsUndefined[i] === true ? undefined : null
      else {
        const decode = decoders[i]
        row[name] = decode === undefined ? value : decode(value)
      }
    }
    return row
  }
}

function rowEncoder(fields: readonly RowField[]): (row: TypedRow) => string {
  const prefixes = fields.map(({ name }) => `${JSON.stringify(fieldName(name))}:`)
  return (row) => {
    let text = ''
    for (let i = 0; i < fields.length; i++) {
      const { name, kind } = fields[i] as RowField
      const value = encodeField(kind, row[name])
      if (value !== undefined) text += (text === '' ? '{' : ',') + prefixes[i] + value
    }
    return text === '' ? '{}' : `${text}}`
  }
}

function parse(table: string, bytes: Buffer, start: number, end: number): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(bytes.utf8Slice(start, end))
  } catch {
    // The parser's message quotes the text.
    value = undefined
  }
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw new MysqlConnectorError('MYSQL_ROW_INVALID', `not a row of ${table}: ${end - start} bytes that are no JSON object`)
}

const SHOWN_ISSUES = 3

function invalidRow(table: string, row: TypedRow, key: readonly string[] | undefined, error: z.ZodError): MysqlConnectorError {
  const issues = error.issues.slice(0, SHOWN_ISSUES).map((issue) => `column ${issue.path.join('.') || '(all)'}: ${issue.message}`)
  const more = error.issues.length - issues.length
  const which =
    key === undefined ? 'a row' : `the row with ${key.map((column) => `${column} = ${String(row[column])}`).join(', ')}`
  return new MysqlConnectorError(
    'MYSQL_ROW_INVALID',
    `${which} of ${table} breaks the schema: ${issues.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  )
}
