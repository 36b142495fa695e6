import { type CatalogColumn, catalogColumn, type Charsets } from '../../types/columns/index.ts'
import { sqlIdentifier, sqlTableIdentifier } from '../../types/sql-identifier.ts'
import { type TableName, tableName } from '../../types/table-name.ts'
import type { Problem } from './problem.ts'

/** A unique index. */
export interface UniqueKey {
  readonly isPrimary: boolean
  /** In the index's order. */
  readonly columns: readonly string[]
  /** Not of parts of columns, nor of expressions. */
  readonly isWhole: boolean
}

/** The index by which the records' keys are unique, and the snapshot goes through the table. */
export function chooseKey(
  name: TableName,
  asked: readonly string[] | undefined,
  keys: readonly UniqueKey[],
  columns: readonly CatalogColumn[],
  charsets: Charsets,
): { readonly key?: UniqueKey; readonly problems: readonly Problem[] } {
  const nullable = new Set(columns.filter((column) => column.nullable).map((column) => column.name))
  const usable = keys.filter((key) => key.isWhole && !key.columns.some((column) => nullable.has(column)))
  // The primary key first, if the same columns have other indexes too.
  const fitting = usable
    .filter((key) => (asked === undefined ? key.isPrimary : sameColumns(key.columns, asked)))
    .sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary))
  const [key] = fitting
  if (key === undefined) return { problems: [noKey(name, asked, keys, columns)] }
  const unordered = columns.filter(
    (column) => key.columns.includes(column.name) && catalogColumn(column, charsets)?.literal === undefined,
  )
  if (unordered.length === 0) return { key, problems: [] }
  return {
    problems: unordered.map((column) => ({
      code: 'MYSQL_KEY_UNSUPPORTED',
      message: `the key column '${column.name}' of ${tableName(name)} is ${column.columnType}: its values cannot be compared as its index does. Give the table a unique key of other columns, and name it: mysqlTable('${tableName(name)}', { key: … }).`,
    })),
  }
}

function noKey(
  name: TableName,
  asked: readonly string[] | undefined,
  keys: readonly UniqueKey[],
  columns: readonly CatalogColumn[],
): Problem {
  const table = sqlTableIdentifier(name)
  const unknown = asked?.find((column) => !columns.some((one) => one.name === column))
  if (unknown !== undefined) {
    return {
      code: 'MYSQL_COLUMN_MISSING',
      message: `${tableName(name)} has no column '${unknown}', which is to be its records' key.`,
    }
  }
  if (!keys.some((key) => key.isPrimary)) {
    return {
      code: 'MYSQL_NO_PRIMARY_KEY',
      message: `${tableName(name)} has no primary key, so its rows cannot be told apart. Run: ALTER TABLE ${table} ADD PRIMARY KEY (…); or, with a column of its own: ALTER TABLE ${table} ADD COLUMN id BIGINT AUTO_INCREMENT PRIMARY KEY;`,
    }
  }
  if (asked === undefined) {
    return {
      code: 'MYSQL_KEY_UNSUPPORTED',
      message: `the primary key of ${tableName(name)} holds only part of a column, or can be NULL. Give the table a unique key of whole columns, and name it: mysqlTable('${tableName(name)}', { key: … }).`,
    }
  }
  const primary = keys.find((key) => key.isPrimary)?.columns.join(', ')
  return {
    code: 'MYSQL_KEY_NOT_UNIQUE',
    message: `(${asked.join(', ')}) is to be the records' key of ${tableName(name)}, but is neither its primary key (${primary}) nor a unique key without NULLs: rows would overwrite each other. Name the primary key, or run: ALTER TABLE ${table} ADD UNIQUE KEY (${asked.map(sqlIdentifier).join(', ')}); with the columns NOT NULL.`,
  }
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((column) => b.includes(column))
}
