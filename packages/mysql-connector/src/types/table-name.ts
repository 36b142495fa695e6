import { MysqlConnectorError } from '../errors.ts'

/** A table by name. */
export interface TableName {
  readonly database: string
  readonly table: string
}

/**
 * Takes `database.table` apart.
 * @throws {MysqlConnectorError} MYSQL_OPTIONS_INVALID
 */
export function parseTableName(name: string): TableName {
  const [database = '', table = '', ...rest] = name.split('.')
  if (database !== '' && table !== '' && rest.length === 0) return { database, table }
  throw new MysqlConnectorError(
    'MYSQL_OPTIONS_INVALID',
    `'${name}' names no table: give it with its database, like 'shop.payments'.`,
  )
}

/** `shop.payments`, as in messages. */
export function tableName(name: TableName): string {
  return `${name.database}.${name.table}`
}
