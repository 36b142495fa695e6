import { MillraceError } from '@millrace/core'

/** Stable codes of what this package throws on purpose. */
export type MysqlErrorCode =
  // preflight: the server or the table is not fit; nothing was read
  | 'MYSQL_OPTIONS_INVALID'
  | 'MYSQL_PREFLIGHT_FAILED'
  | 'MYSQL_BINLOG_DISABLED'
  | 'MYSQL_BINLOG_FORMAT'
  | 'MYSQL_BINLOG_ROW_IMAGE'
  | 'MYSQL_BINLOG_ROW_METADATA'
  | 'MYSQL_BINLOG_COMPRESSED'
  | 'MYSQL_BINLOG_PARTIAL_JSON'
  | 'MYSQL_PRIVILEGE_MISSING'
  | 'MYSQL_ENGINE_UNSUPPORTED'
  | 'MYSQL_CASCADE_UNSUPPORTED'
  | 'MYSQL_TABLE_MISSING'
  | 'MYSQL_NO_PRIMARY_KEY'
  | 'MYSQL_KEY_NOT_UNIQUE'
  | 'MYSQL_KEY_UNSUPPORTED'
  | 'MYSQL_COLUMN_MISSING'
  | 'MYSQL_COLUMN_TYPE'
  | 'MYSQL_COLUMN_UNSUPPORTED'
  // positions
  | 'MYSQL_POSITION_INVALID'
  | 'MYSQL_BINLOG_PURGED'
  | 'MYSQL_SERVER_CHANGED'
  // the binlog: reading stops before the position moves past what cannot be read exactly
  | 'MYSQL_EVENT_UNSUPPORTED'
  | 'MYSQL_STATEMENT_REFUSED'
  | 'MYSQL_TABLE_CHANGED'
  | 'MYSQL_ROW_INVALID'
  // the server, at any time
  | 'MYSQL_UNAVAILABLE'
  | 'MYSQL_QUERY_REFUSED'
  // views
  | 'MYSQL_VIEW_MISMATCH'
  | 'MYSQL_WRITE_REFUSED'

/** Every error that this package throws on purpose. Messages never hold credentials. */
export class MysqlConnectorError extends MillraceError<MysqlErrorCode> {
  override readonly name: string = 'MysqlConnectorError'
}
