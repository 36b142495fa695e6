import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import type { MirroredTable } from './options.ts'

/** Columns of the source's primary key, in its order. */
export type PrimaryKey = readonly [string, ...string[]]

/**
 * Finds the table's primary key, and makes the target like the source when it does not exist: columns, character sets, primary
 * key and plain indexes. Unique keys become plain ones and foreign keys are left out: the source has enforced them, and rows of
 * different partitions may arrive in another order than they were written.
 */
export async function prepareTarget(table: MirroredTable, sourceUrl: string, sinkUrl: string): Promise<PrimaryKey> {
  const source = await createConnection(sourceUrl)
  const sink = await createConnection(sinkUrl)
  try {
    const key = await primaryKey(source, table.source)
    if (!(await exists(sink, table.target))) {
      const [database = ''] = table.target.split('.')
      await sink.query(`CREATE DATABASE IF NOT EXISTS ${quoted(database)}`)
      await sink.query(
        (await flavor(source)) === (await flavor(sink))
          ? await sameDefinition(source, table)
          : await portableDefinition(source, sink, table, key),
      )
    }
    return key
  } finally {
    await source.end()
    await sink.end()
  }
}

async function primaryKey(connection: Connection, name: string): Promise<PrimaryKey> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
    name.split('.'),
  )
  const [first, ...rest] = rows.map((row) => String(row['name']))
  if (first !== undefined) return [first, ...rest]
  throw new Error(
    (await exists(connection, name))
      ? `${name} has no primary key, so its rows can't be told apart. Add one: ALTER TABLE ${name} ADD PRIMARY KEY (…).`
      : `${name} does not exist at the source, or its user may not see it.`,
  )
}

async function exists(connection: Connection, name: string): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    name.split('.'),
  )
  return rows.length > 0
}

async function flavor(connection: Connection): Promise<'mysql' | 'mariadb'> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version')
  return /mariadb/i.test(String(rows[0]?.['version'])) ? 'mariadb' : 'mysql'
}

/** Between servers of one kind: the server's own words. */
async function sameDefinition(source: Connection, table: MirroredTable): Promise<string> {
  const [rows] = await source.query<RowDataPacket[]>(`SHOW CREATE TABLE ${quotedName(table.source)}`)
  return String(rows[0]?.['Create Table'])
    .replace(/^CREATE TABLE `(?:[^`]|``)*`/, `CREATE TABLE ${quotedName(table.target)}`)
    .replace(/,\n\s*CONSTRAINT [^\n]* FOREIGN KEY [^\n]*?(?=,?\n)/g, '')
    .replace(/\n(\s*)UNIQUE KEY /g, '\n$1KEY ')
    .replace(/ AUTO_INCREMENT=\d+/, '')
}

/** Between MySQL and MariaDB: what both understand. A collation that the sink lacks becomes one that compares bytes. */
async function portableDefinition(source: Connection, sink: Connection, table: MirroredTable, key: PrimaryKey): Promise<string> {
  const [columns] = await source.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation,
     IS_NULLABLE AS nullable FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    table.source.split('.'),
  )
  const [known] = await sink.query<RowDataPacket[]>('SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS')
  const collations = new Set(known.map((row) => String(row['name'])))
  const definitions = columns.map((column) => {
    const text = column['charset'] === null ? '' : ` CHARACTER SET ${column['charset']} COLLATE ${collation(column, collations)}`
    return `${quoted(String(column['name']))} ${column['type']}${text} ${column['nullable'] === 'YES' ? 'NULL' : 'NOT NULL'}`
  })
  return `CREATE TABLE ${quotedName(table.target)} (${definitions.join(', ')}, PRIMARY KEY (${key.map(quoted).join(', ')}))`
}

function collation(column: RowDataPacket, known: ReadonlySet<string>): string {
  const [same, ...byBytes] = [column['collation'], 'utf8mb4_0900_bin', 'utf8mb4_nopad_bin'].map(String)
  if (same !== undefined && known.has(same)) return same
  const bytes = column['charset'] === 'utf8mb4' ? byBytes.find((name) => known.has(name)) : undefined
  return bytes ?? `${column['charset']}_bin`
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

function quotedName(name: string): string {
  return name.split('.').map(quoted).join('.')
}
