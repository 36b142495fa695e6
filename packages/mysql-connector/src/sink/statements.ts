import { sqlIdentifier, sqlTableIdentifier } from '../types/sql-identifier.ts'
import { sqlLiteral, sqlString, type SqlValue } from '../types/sql-literal.ts'
import type { TargetTable } from './target-table.ts'

/** A row to be there, or a key to be gone; columns by name. */
export type SinkRow = ReadonlyMap<string, SqlValue>

/** Bound of one statement, well under the smallest default of max_allowed_packet (16 MiB on MariaDB). */
const MAX_STATEMENT_LENGTH = 4 << 20
/** Measured: beyond 500 to 2000 rows a longer statement gains nothing. */
const MAX_STATEMENT_ROWS = 1000

/**
 * Statements that leave exactly `upserts` in place and `deletions` gone. Keys are distinct over both lists.
 *
 * A table with a secondary unique key gets its rows deleted first and inserted plainly: ON DUPLICATE KEY UPDATE would also
 * fire on that other key and overwrite another row (MySQL manual, "INSERT ... ON DUPLICATE KEY UPDATE Statement").
 */
export function* sinkStatements(
  target: TargetTable,
  upserts: readonly SinkRow[],
  deletions: readonly SinkRow[],
): Generator<string> {
  yield* deleteStatements(target, deletions)
  if (target.secondaryUniqueKey !== undefined) yield* deleteStatements(target, upserts)
  yield* upsertStatements(target, upserts)
}

function* upsertStatements(target: TargetTable, rows: readonly SinkRow[]): Generator<string> {
  for (const [columns, group] of groupByColumns(rows)) {
    const names = columns.map(sqlIdentifier)
    const head = `INSERT INTO ${sqlTableIdentifier(target)} (${names.join(',')}) VALUES `
    const tail = target.secondaryUniqueKey === undefined ? onDuplicateKey(target, columns) : ''
    const tuples = group.map((row) => `(${columns.map((column) => sqlLiteral(row.get(column) ?? null)).join(',')})`)
    yield* chunked(head, tuples, ',', tail)
  }
}

function onDuplicateKey(target: TargetTable, columns: readonly string[]): string {
  // A key that the collation takes for equal may differ in bytes ('A' and 'a'): it is written too.
  const assigned = columns.filter((column) => !target.key.includes(column) || target.foldedKeys.has(column))
  const list = assigned.length > 0 ? assigned : columns.slice(0, 1)
  const alias = target.flavor === 'mysql' ? ' AS new' : ''
  const fresh = (name: string) => (target.flavor === 'mysql' ? `new.${name}` : `VALUES(${name})`)
  const assignments = list.map((column) => `${sqlIdentifier(column)}=${fresh(sqlIdentifier(column))}`)
  return `${alias} ON DUPLICATE KEY UPDATE ${assignments.join(',')}`
}

function* deleteStatements(target: TargetTable, rows: readonly SinkRow[]): Generator<string> {
  if (rows.length === 0) return
  const head = `DELETE FROM ${sqlTableIdentifier(target)} WHERE `
  if (target.foldedKeys.size > 0) {
    const conditions = rows.map(
      (row) => `(${target.key.map((column) => exactly(target, column, row.get(column) ?? null)).join(' AND ')})`,
    )
    yield* chunked(head, conditions, ' OR ', '')
    return
  }
  const names = target.key.map(sqlIdentifier).join(',')
  const tuples = rows.map(
    (row) => `(${target.key.map((column) => keyLiteral(target, column, row.get(column) ?? null)).join(',')})`,
  )
  yield* chunked(`${head}(${names}) IN (`, tuples, ',', ')')
}

/** Equality by the index, then by bytes where the column's collation takes different texts for equal. */
function exactly(target: TargetTable, column: string, value: SqlValue): string {
  const name = sqlIdentifier(column)
  const equal = `${name}=${keyLiteral(target, column, value)}`
  if (typeof value !== 'string' || !target.foldedKeys.has(column)) return equal
  return `${equal} AND CAST(CONVERT(${name} USING utf8mb4) AS BINARY)=CAST(${sqlString(value)} AS BINARY)`
}

const NUMBER = /^-?\d+(\.\d+)?$/

function keyLiteral(target: TargetTable, column: string, value: SqlValue): string {
  return typeof value === 'string' && target.numericKeys.has(column) && NUMBER.test(value) ? value : sqlLiteral(value)
}

/** Rows of one statement have the same columns. */
function groupByColumns(rows: readonly SinkRow[]): Iterable<readonly [readonly string[], readonly SinkRow[]]> {
  const groups = new Map<string, [readonly string[], SinkRow[]]>()
  for (const row of rows) {
    const columns = [...row.keys()]
    const id = columns.join('\0')
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [columns, [row]])
    else group[1].push(row)
  }
  return groups.values()
}

function* chunked(head: string, parts: readonly string[], separator: string, tail: string): Generator<string> {
  let from = 0
  let length = 0
  for (let i = 0; i < parts.length; i++) {
    const next = parts[i]?.length ?? 0
    if (i > from && (length + next > MAX_STATEMENT_LENGTH || i - from >= MAX_STATEMENT_ROWS)) {
      yield head + parts.slice(from, i).join(separator) + tail
      from = i
      length = 0
    }
    length += next
  }
  if (from < parts.length) yield head + parts.slice(from).join(separator) + tail
}
