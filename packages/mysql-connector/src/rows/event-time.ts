import type { TimestampExtractor } from '@millrace/core'
import { MysqlConnectorError } from '../errors.ts'
import { parseDateTime } from './date-text.ts'

/** Event time from a column: a Date, MySQL's date and time as text (UTC), or whole milliseconds. */
export function eventTime(table: string, column: string): TimestampExtractor<unknown, unknown> {
  return (row) => {
    const value = (row as Readonly<Record<string, unknown>> | null)?.[column]
    const time =
      value instanceof Date
        ? value.getTime()
        : typeof value === 'string'
          ? parseDateTime(value)
          : typeof value === 'bigint'
            ? Number(value)
            : value
    if (typeof time === 'number' && !Number.isNaN(time)) return time
    throw new MysqlConnectorError(
      'MYSQL_ROW_INVALID',
      `A row of ${table} has no time in column '${column}' (it is ${value === null ? 'NULL' : typeof value === 'string' ? 'no date' : typeof value}), which is its event time. Name another column, or filter in SQL what has none.`,
    )
  }
}
