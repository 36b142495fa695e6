/**
 * MySQL and MariaDB at both ends of a topology: `mysqlTable` reads a table and its changes, `mysqlView` keeps a table up to
 * date, both exactly once.
 */
export { type MysqlEndsOptions, type MysqlOptions, type MysqlServerOptions, type MysqlTlsOptions } from './connection/index.ts'
export { mysqlConnector } from './connector.ts'
export { MysqlConnectorError, type MysqlErrorCode } from './errors.ts'
export {
  type KeyOf,
  mysqlTable,
  type RowTableOptions,
  type SchemaTableOptions,
  type TableKey,
  type TimeColumn,
} from './mysql-table.ts'
export { mysqlView, type MysqlViewOptions } from './sink/mysql-view.ts'
export type { SnapshotMode } from './source/index.ts'
export type { Row, RowValue } from './types/row.ts'
