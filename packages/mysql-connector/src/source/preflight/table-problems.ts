import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { MysqlServer } from '../../connection/index.ts'
import { type CatalogColumn, catalogColumn } from '../../types/columns/index.ts'
import { sqlTableIdentifier } from '../../types/sql-identifier.ts'
import { tableName } from '../../types/table-name.ts'
import type { CapturedTable } from '../captured-table.ts'
import { firstRow, type ServerInfo } from '../server.ts'
import type { TableSpec } from '../table-spec.ts'
import { cascadeProblems } from './cascade-problems.ts'
import { chooseKey, type UniqueKey } from './choose-key.ts'
import type { Problem } from './problem.ts'
import { schemaProblems } from './schema-problems.ts'

/** What was found of a table: all that is wrong with it, or what it is. */
export interface InspectedTable {
  readonly problems: readonly Problem[]
  readonly table?: CapturedTable
}

const TABLE_DENIED = 1142

export async function inspectTable(
  connection: Connection,
  address: MysqlServer,
  server: ServerInfo,
  topic: string,
  spec: TableSpec,
): Promise<InspectedTable> {
  const found = await firstRow(
    connection,
    'SELECT TABLE_SCHEMA AS `database`, TABLE_NAME AS `table`, TABLE_TYPE AS type, ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    [spec.database, spec.table],
  )
  if (found === undefined) return { problems: [missing(spec, address)] }
  const name = { database: String(found['database']), table: String(found['table']) }
  const problems: Problem[] = []
  if (found['type'] !== 'BASE TABLE' || found['engine'] !== 'InnoDB') {
    const what =
      found['type'] === 'BASE TABLE' ? `of the engine ${found['engine']}` : `a ${String(found['type']).toLowerCase()} table`
    return {
      problems: [
        {
          code: 'MYSQL_ENGINE_UNSUPPORTED',
          message: `${tableName(name)} is ${what}: only plain InnoDB tables have a state that a snapshot can be taken of exactly.${found['type'] === 'BASE TABLE' ? ` Run: ALTER TABLE ${sqlTableIdentifier(name)} ENGINE = InnoDB;` : ' Read the table that it is made of.'}`,
        },
      ],
    }
  }
  const denied = await selectDenied(connection, name)
  if (denied) {
    problems.push({
      code: 'MYSQL_PRIVILEGE_MISSING',
      message: `the user '${address.user}' may not read ${tableName(name)}. Run: GRANT SELECT ON ${sqlTableIdentifier(name)} TO '${address.user}'@'…';`,
    })
  }
  const columns = await tableColumns(connection, name)
  problems.push(...columnProblems(name, columns, server))
  problems.push(...(await cascadeProblems(connection, server, name)))
  if (spec.schema !== undefined) problems.push(...schemaProblems(name, columns, spec.schema))
  const chosen = chooseKey(name, spec.key, await uniqueKeys(connection, name), columns, server.charsets)
  problems.push(...chosen.problems)
  if (chosen.key === undefined || problems.length > 0) return { problems }
  const { columns: order, isPrimary } = chosen.key
  return { problems, table: { topic, spec, name, columns, key: spec.key ?? order, order, byPrimaryKey: isPrimary } }
}

function missing(spec: TableSpec, address: MysqlServer): Problem {
  return {
    code: 'MYSQL_TABLE_MISSING',
    message: `there is no table ${tableName(spec)}, or the user '${address.user}' may not see it. Check the name; run: GRANT SELECT ON ${sqlTableIdentifier(spec)} TO '${address.user}'@'…';`,
  }
}

async function selectDenied(
  connection: Connection,
  name: { readonly database: string; readonly table: string },
): Promise<boolean> {
  try {
    await connection.query(`SELECT * FROM ${sqlTableIdentifier(name)} LIMIT 0`)
    return false
  } catch (error) {
    if ((error as { readonly errno?: unknown }).errno === TABLE_DENIED) return true
    throw error
  }
}

async function tableColumns(
  connection: Connection,
  name: { readonly database: string; readonly table: string },
): Promise<readonly CatalogColumn[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, IS_NULLABLE AS nullable,
       CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, DATETIME_PRECISION AS digits, EXTRA AS extra
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [name.database, name.table],
  )
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return rows.map((row) => ({
    name: String(row['name']),
    dataType: String(row['dataType']).toLowerCase(),
    columnType: String(row['columnType']).toLowerCase(),
    nullable: row['nullable'] === 'YES',
    charset: text(row['charset']),
    collation: text(row['collation']),
    fractionalDigits: Number(row['digits'] ?? 0),
    extra: String(row['extra'] ?? ''),
  }))
}

function columnProblems(
  name: { readonly database: string; readonly table: string },
  columns: readonly CatalogColumn[],
  server: ServerInfo,
): readonly Problem[] {
  return columns
    .filter((column) => catalogColumn(column, server.charsets) === undefined)
    .map((column) => {
      const charset = column.charset === null ? '' : `, character set ${column.charset}`
      const change = column.columnType.includes('mariadb-5.3')
        ? `ALTER TABLE ${sqlTableIdentifier(name)} FORCE;`
        : column.charset === null
          ? `change its type`
          : `ALTER TABLE ${sqlTableIdentifier(name)} CONVERT TO CHARACTER SET utf8mb4;`
      return {
        code: 'MYSQL_COLUMN_UNSUPPORTED',
        message: `column '${column.name}' of ${tableName(name)} (${column.columnType}${charset}) cannot be read exactly from the binlog. To read the table: ${change}`,
      }
    })
}

/** Indexes without parts of columns and expressions, whose entries are the columns' values. */
async function uniqueKeys(
  connection: Connection,
  name: { readonly database: string; readonly table: string },
): Promise<readonly UniqueKey[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT INDEX_NAME AS name, COLUMN_NAME AS \`column\`, SUB_PART AS part FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    [name.database, name.table],
  )
  return [...Map.groupBy(rows, (row) => String(row['name']))].map(([index, parts]) => ({
    isPrimary: index === 'PRIMARY',
    columns: parts.map((part) => String(part['column'])),
    isWhole: parts.every((part) => part['part'] === null && part['column'] !== null),
  }))
}
