import { MysqlConnectorError, type MysqlErrorCode } from '../../errors.ts'
import { type TableName, tableName } from '../../types/table-name.ts'

// What stops reading, because going on could lose or bend a change unseen. Each says what, why, and how to go on.

/** The server stopped in the middle of writing. */
export function incomplete(): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    'The binlog holds a transaction without an end: the server stopped while writing it. Nothing of it was passed on; reading is tried again from before it.',
    { retriable: true },
  )
}

/** An event that holds changes, or may hold them. */
export function unreadable(code: number): MysqlConnectorError {
  const [what, kind]: readonly [string, MysqlErrorCode] = UNREADABLE.get(code) ?? [
    `the binlog holds an event of type ${code}, which this version does not know`,
    'MYSQL_EVENT_UNSUPPORTED',
  ]
  return new MysqlConnectorError(
    kind,
    `Changes cannot be read: ${what}. Reading stopped before it, so that none is lost unseen. When that is put right, begin anew with a new snapshot, under a new application id.`,
  )
}

const UNREADABLE: ReadonlyMap<number, readonly [string, MysqlErrorCode]> = new Map([
  [26, ['the server reports an incident: changes are missing from its binlog', 'MYSQL_EVENT_UNSUPPORTED']],
  [
    39,
    [
      'of changed JSON only the difference was logged (PARTIAL_UPDATE_ROWS): a session writes with binlog_row_value_options',
      'MYSQL_BINLOG_PARTIAL_JSON',
    ],
  ],
  [
    40,
    [
      'a transaction was logged compressed (TRANSACTION_PAYLOAD): a session writes with binlog_transaction_compression',
      'MYSQL_BINLOG_COMPRESSED',
    ],
  ],
])

/** Rows that were read are taken back. */
export function rolledBack(query: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    `A transaction that changed a captured table is taken back in the binlog by: ${shown(query)}. This happens when it also changed a table of an engine without transactions. Nothing of it was passed on, and reading stopped before it. ` +
      'Keep such tables out of transactions on tables that are read; to go on, leave the table out, start, and take it in again, which takes a new snapshot.',
  )
}

/** Changes of rows without the rows. */
export function refused(statement: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_STATEMENT_REFUSED',
    `A change was logged as a statement, so its rows are not in the binlog: ${shown(statement)}. A session writes with binlog_format other than ROW. Reading stopped before it. ` +
      'Take the right to do so from it (SESSION_VARIABLES_ADMIN, BINLOG ADMIN), and begin anew with a new snapshot, under a new application id.',
  )
}

/** A statement for messages: statements can be long, and hold values. */
export function shown(query: string): string {
  const line = query
    .replace(/'(?:[^'\\]|\\.|'')*'/g, "'…'")
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** Rows of a captured table went away, and no row event says which. */
export function rowsLost(name: TableName, query: string): MysqlConnectorError {
  const which = name.table === '*' ? `all tables of ${name.database}` : tableName(name)
  return new MysqlConnectorError(
    'MYSQL_TABLE_CHANGED',
    `The rows of ${which} went away without a change of each being logged, by: ${shown(query)}. Reading stopped before it. ` +
      'Leave the table out of the topology and start, so that the position moves past the statement; then take it in again, which takes a new snapshot. Rows that are on the topic by then stay there.',
  )
}

/** Rows of which it is not yet known whether they will be committed. */
export function twoPhases(): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    'An XA transaction changed a captured table in two phases. Its rows are in the binlog before it is known whether they will be committed, so they cannot be passed on exactly. Reading stopped before it. ' +
      'Use ordinary transactions, or XA COMMIT … ONE PHASE, for tables that are read; to go on, leave the table out, start, and take it in again, which takes a new snapshot.',
  )
}

/** A place that could not be asked for again. */
export function fileTooLong(file: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    `The binlog file ${file} is longer than 4 GiB, and the server has no GTIDs: positions beyond cannot be told. Set gtid_mode = ON, or split the transaction that is so large.`,
  )
}
