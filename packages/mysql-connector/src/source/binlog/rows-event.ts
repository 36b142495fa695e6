import { inflateSync } from 'node:zlib'
import { MysqlConnectorError } from '../../errors.ts'
import type { ByteReader } from '../../types/columns/index.ts'
import { tableName } from '../../types/table-name.ts'
import { hasExtraData, isCompressed, type RowsOperation } from './event-code.ts'
import type { RowFormat } from './row-format.ts'

/** What receives the rows of an event. */
export interface RowsReceiver {
  /** The row that the format has just read is new, or changed under the same key. */
  written(format: RowFormat, operation: 'insert' | 'update'): void
  /** The row whose key the format has just read is gone. */
  deleted(format: RowFormat): void
}

/** Leaves the reader after the table's id. */
export function rowsTableId(body: ByteReader): number {
  return body.uint(6)
}

/**
 * Reads the rows of an event, whose reader is after the table's id (MySQL source, Rows_event). An update whose key changes
 * is a deletion under the old key, then a row under the new one.
 *
 * @throws {MysqlConnectorError} MYSQL_EVENT_UNSUPPORTED when the event does not hold whole rows
 */
export function readRows(code: number, operation: RowsOperation, body: ByteReader, format: RowFormat, to: RowsReceiver): void {
  body.skip(2)
  if (hasExtraData(code)) body.skip(body.uint16() - 2)
  const columns = body.lengthEncoded()
  if (columns !== format.columnCount) throw unfit(format, `it has ${columns} columns, its table map ${format.columnCount}`)
  requireWholeRows(body, columns, format)
  if (operation === 'update') requireWholeRows(body, columns, format)
  if (isCompressed(code)) inflate(body)

  while (body.position < body.end) {
    if (operation === 'insert') {
      format.read(body)
      to.written(format, 'insert')
    } else if (operation === 'delete') {
      format.readKey(body)
      to.deleted(format)
    } else {
      readUpdate(body, format, to)
    }
  }
  if (body.position !== body.end) throw unfit(format, 'a row goes beyond its end')
}

function readUpdate(body: ByteReader, format: RowFormat, to: RowsReceiver): void {
  const before = body.position
  format.readKey(body)
  const oldKey = format.key()
  const after = body.position
  format.read(body)
  if (format.key() === oldKey) {
    to.written(format, 'update')
    return
  }
  const next = body.position
  body.position = before
  format.readKey(body)
  to.deleted(format)
  body.position = after
  format.read(body)
  to.written(format, 'insert')
  body.position = next
}

/** A bit for each column that the row image holds: with binlog_row_image other than FULL some are missing. */
function requireWholeRows(body: ByteReader, columns: number, format: RowFormat): void {
  for (let i = 0; i < columns; i++) {
    if (((body.buffer[body.position + (i >>> 3)] as number) & (1 << (i & 7))) === 0) {
      throw unfit(format, 'it holds only some columns: a session writes with binlog_row_image other than FULL')
    }
  }
  body.skip((columns + 7) >>> 3)
}

/** MariaDB's log_bin_compress: a header with the size of the original length, that length, a zlib stream. */
function inflate(body: ByteReader): void {
  const header = body.uint8()
  body.skip(header & 7)
  const rows = inflateSync(body.bytes(body.remaining))
  body.set(rows, 0, rows.length)
}

function unfit(format: RowFormat, why: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    `A change of ${tableName(format.captured.name)} cannot be read from the binlog: ${why}. Reading stopped before it; the position has not moved past it.`,
  )
}
