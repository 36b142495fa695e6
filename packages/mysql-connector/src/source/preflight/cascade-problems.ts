import type { Connection, RowDataPacket } from 'mysql2/promise'
import { sqlIdentifier, sqlTableIdentifier } from '../../types/sql-identifier.ts'
import { type TableName, tableName } from '../../types/table-name.ts'
import { firstRow, type ServerInfo } from '../server.ts'
import type { Problem } from './problem.ts'

/**
 * Foreign keys that change the table's rows when another table's change. InnoDB does so by itself, and then the binlog knows
 * nothing of it: on MariaDB, and on MySQL before 9.6 or with innodb_native_foreign_keys.
 */
export async function cascadeProblems(connection: Connection, server: ServerInfo, name: TableName): Promise<readonly Problem[]> {
  if (await logsCascades(connection, server)) return []
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT CONSTRAINT_NAME AS name, DELETE_RULE AS onDelete, UPDATE_RULE AS onUpdate FROM information_schema.REFERENTIAL_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?
     AND (DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))`,
    [name.database, name.table],
  )
  return rows.map((row) => ({
    code: 'MYSQL_CASCADE_UNSUPPORTED',
    message: `the foreign key '${row['name']}' of ${tableName(name)} changes rows by itself (ON DELETE ${row['onDelete']}, ON UPDATE ${row['onUpdate']}), and this server does not log such changes. Run: ALTER TABLE ${sqlTableIdentifier(name)} DROP FOREIGN KEY ${sqlIdentifier(String(row['name']))}; and make it again with RESTRICT.`,
  }))
}

async function logsCascades(connection: Connection, server: ServerInfo): Promise<boolean> {
  if (server.mariadb) return false
  const row = await firstRow(connection, "SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'")
  return row !== undefined && String(row['Value']).toUpperCase() === 'OFF'
}
