import type { Connection, RowDataPacket } from 'mysql2/promise'
import { sqlIdentifier, sqlTableIdentifier } from '../types/sql-identifier.ts'

export type ServerFlavor = 'mysql' | 'mariadb'

/** What the sink must know of the table it writes. */
export interface TargetTable {
  readonly database: string
  readonly table: string
  readonly flavor: ServerFlavor
  /** Columns that can be written (generated ones cannot). */
  readonly columns: ReadonlySet<string>
  readonly generated: ReadonlySet<string>
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[]
  /** Key columns whose collation takes different texts for equal (case, accents, trailing spaces). */
  readonly foldedKeys: ReadonlySet<string>
  /** Key columns of a number type: a text for one of them is written as a number, or it would be compared as a DOUBLE. */
  readonly numericKeys: ReadonlySet<string>
  /** Key columns of a binary type. */
  readonly binaryKeys: ReadonlySet<string>
  /** Name of a unique key besides the primary one, if there is any. */
  readonly secondaryUniqueKey: string | undefined
  /** A table with a foreign key to this one, if there is any. */
  readonly referredBy: string | undefined
  /** True when the sink made the table: then every column is the view's, and a field that a value lacks is NULL. */
  readonly owned: boolean
}

/** Marks tables that the sink made. */
const OWNED_COMMENT = 'Made by Millrace'

/** Collation of key columns that compares bytes and keeps trailing spaces. */
export function binaryCollation(flavor: ServerFlavor): string {
  return flavor === 'mysql' ? 'utf8mb4_0900_bin' : 'utf8mb4_nopad_bin'
}

export async function serverFlavor(connection: Connection): Promise<ServerFlavor> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version')
  return /mariadb/i.test(String(rows[0]?.['version'])) ? 'mariadb' : 'mysql'
}

/** Undefined: there is no such table. */
export async function inspectTable(
  connection: Connection,
  flavor: ServerFlavor,
  name: { readonly database: string; readonly table: string },
): Promise<TargetTable | undefined> {
  const where = [name.database, name.table]
  const [tables] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_COMMENT AS comment FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    where,
  )
  const [table] = tables
  if (table === undefined) return undefined
  const [columns] = await connection.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, COLLATION_NAME AS collation, EXTRA AS extra FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    where,
  )
  const [keys] = await connection.query<RowDataPacket[]>(
    `SELECT INDEX_NAME AS name, COLUMN_NAME AS \`column\` FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    where,
  )
  const [references] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\` FROM information_schema.KEY_COLUMN_USAGE
     WHERE REFERENCED_TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME = ? LIMIT 1`,
    where,
  )
  const key = keys.filter((row) => row['name'] === 'PRIMARY').map((row) => String(row['column']))
  const generated = columns.filter((row) => / GENERATED/.test(String(row['extra']))).map((row) => String(row['name']))
  const keyColumns = (fits: (row: RowDataPacket) => boolean) =>
    new Set(columns.filter((row) => key.includes(String(row['name'])) && fits(row)).map((row) => String(row['name'])))
  return {
    ...name,
    flavor,
    columns: new Set(columns.map((row) => String(row['name'])).filter((column) => !generated.includes(column))),
    generated: new Set(generated),
    key,
    foldedKeys: keyColumns((row) => folds(row['collation'])),
    numericKeys: keyColumns((row) => /int$|^decimal$/.test(String(row['type']))),
    binaryKeys: keyColumns((row) => /binary$|blob$/.test(String(row['type']))),
    secondaryUniqueKey: keys.map((row) => String(row['name'])).find((index) => index !== 'PRIMARY'),
    referredBy: references.map((row) => `${row['database']}.${row['table']}`)[0],
    owned: String(table['comment']).startsWith(OWNED_COMMENT),
  }
}

function folds(collation: unknown): boolean {
  return typeof collation === 'string' && !/^(binary|utf8mb4_0900_bin|.*nopad_bin)$/.test(collation)
}

/** Makes a view's table. Two partitions may do so at once. */
export async function createTable(
  connection: Connection,
  name: { readonly database: string; readonly table: string },
  key: readonly string[],
  columns: ReadonlyMap<string, string>,
): Promise<void> {
  const definitions = [...columns].map(([column, type]) => {
    const nullable = key.includes(column) ? ' NOT NULL' : ''
    return `${sqlIdentifier(column)} ${type}${/\bNOT NULL\b/i.test(type) ? '' : nullable}`
  })
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${sqlTableIdentifier(name)} (${definitions.join(', ')}, PRIMARY KEY (${key.map(sqlIdentifier).join(', ')})) COMMENT='${OWNED_COMMENT}'`,
  )
}

const DUPLICATE_COLUMN = 1060

/** Adds a column to a table that the sink made; another partition may have been faster. */
export async function addColumn(
  connection: Connection,
  name: { readonly database: string; readonly table: string },
  column: string,
  type: string,
): Promise<void> {
  try {
    await connection.query(`ALTER TABLE ${sqlTableIdentifier(name)} ADD COLUMN ${sqlIdentifier(column)} ${type}`)
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && error.errno === DUPLICATE_COLUMN)) throw error
  }
}
