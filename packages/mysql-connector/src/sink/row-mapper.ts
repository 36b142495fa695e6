import type { SqlValue } from '../types/sql-literal.ts'
import { MysqlConnectorError } from '../errors.ts'
import type { SinkRow } from './statements.ts'
import { type ViewSpec, WINDOW_END, WINDOW_START } from './view-spec.ts'

/** Turns decoded records into rows. Pure. */
export interface RowMapper {
  key(key: unknown): SinkRow
  row(key: unknown, value: unknown): SinkRow
}

/** @param windowed whether the records' keys are windowed (from the key's serde). */
export function rowMapper(spec: ViewSpec, windowed: boolean): RowMapper {
  const name = `${spec.database}.${spec.table}`
  const inner = windowed ? spec.key.filter((column) => column !== WINDOW_START && column !== WINDOW_END) : spec.key

  const keyColumns = (key: unknown): Map<string, SqlValue> => {
    const columns = new Map<string, SqlValue>()
    const plain = windowed ? (key as { readonly key: unknown }).key : key
    if (inner.length === 1 && !isFields(plain)) {
      for (const column of inner) columns.set(column, notNull(name, column, sqlValue(name, column, plain)))
    } else if (isFields(plain)) {
      for (const column of inner) columns.set(column, notNull(name, column, sqlValue(name, column, plain[column])))
    } else if (inner.length > 0) {
      throw new MysqlConnectorError(
        'MYSQL_VIEW_MISMATCH',
        `The view ${name} has the key columns ${inner.join(', ')}, but its records' key is a single value (${typeof plain}). Name one column for it, or group by an object with these fields.`,
      )
    }
    if (windowed) {
      const { window } = key as { readonly window: { readonly start: number; readonly end: number } }
      if (spec.key.includes(WINDOW_START)) columns.set(WINDOW_START, new Date(window.start))
      if (spec.key.includes(WINDOW_END)) columns.set(WINDOW_END, new Date(window.end))
    }
    return columns
  }

  return {
    key: keyColumns,
    row(key, value) {
      const columns = keyColumns(key)
      if (spec.value !== undefined) {
        columns.set(spec.value, sqlValue(name, spec.value, value))
      } else if (isFields(value)) {
        // A field that is also a key column has the column's own type here; in the key it may be its text.
        for (const column in value) columns.set(column, sqlValue(name, column, value[column]))
      } else {
        throw new MysqlConnectorError(
          'MYSQL_VIEW_MISMATCH',
          `The view ${name} got a value that is no object (${typeof value}), and no column for it. Name one: mysqlView('${name}', { value: 'column' }).`,
        )
      }
      return columns
    },
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array)
}

function notNull(view: string, column: string, value: SqlValue): SqlValue {
  if (value !== null) return value
  throw new MysqlConnectorError(
    'MYSQL_VIEW_MISMATCH',
    `The view ${view} got a record whose key has no '${column}', which is part of the table's primary key. Filter such records out before the view.`,
  )
}

function sqlValue(view: string, column: string, value: unknown): SqlValue {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) break
      return value
    case 'string':
    case 'bigint':
    case 'boolean':
      return value
    case 'undefined':
      return null
    case 'object':
      if (value === null || value instanceof Date || value instanceof Uint8Array) return value
      return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
    default:
  }
  throw new MysqlConnectorError(
    'MYSQL_VIEW_MISMATCH',
    `The view ${view} got ${String(value)} for column '${column}', which MySQL cannot store. Map it to a number, string or null before the view.`,
  )
}
