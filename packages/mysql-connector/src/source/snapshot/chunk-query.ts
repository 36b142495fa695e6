import { MysqlConnectorError } from '../../errors.ts'
import { RowText } from '../../rows/index.ts'
import { catalogColumn, type Charsets, type SnapshotColumn } from '../../types/columns/index.ts'
import { sqlIdentifier, sqlTableIdentifier } from '../../types/sql-identifier.ts'
import { tableName } from '../../types/table-name.ts'
import type { CapturedTable } from '../captured-table.ts'

/** A row of the snapshot as it goes on the topic. */
export interface SnapshotRow {
  readonly key: string
  readonly value: string
}

/**
 * The queries that go through a table in the order of its key, and compare keys as that index does: the server compares,
 * because only it knows how its collations do.
 *
 * @throws {MysqlConnectorError} MYSQL_COLUMN_UNSUPPORTED, MYSQL_KEY_UNSUPPORTED
 */
export class ChunkQuery {
  readonly #captured: CapturedTable
  readonly #columns: readonly SnapshotColumn[]
  readonly #row: RowText
  readonly #select: string
  /** Literals of key texts, in the order of the spec. */
  readonly #literals: readonly ((text: string) => string)[]
  /** For each column of the index, where it is in the spec's key. */
  readonly #order: readonly number[]

  constructor(captured: CapturedTable, charsets: Charsets) {
    this.#captured = captured
    this.#columns = captured.columns.map((column) => snapshotColumn(captured, column.name, catalogColumn(column, charsets)))
    const names = captured.columns.map((column) => column.name)
    const key = captured.key.map((name) => names.indexOf(name))
    this.#row = new RowText(
      names.map((name, i) => ({ name, form: (this.#columns[i] as SnapshotColumn).form })),
      key,
    )
    this.#select = `SELECT ${names.map((name, i) => this.#columns[i]?.select(sqlIdentifier(name))).join(', ')} FROM ${sqlTableIdentifier(captured.name)}`
    this.#literals = key.map((i) => {
      const { literal } = this.#columns[i] as SnapshotColumn
      if (literal !== undefined) return literal
      throw new MysqlConnectorError(
        'MYSQL_KEY_UNSUPPORTED',
        `The key column '${names[i]}' of ${tableName(captured.name)} is ${captured.columns[i]?.columnType}, whose values a snapshot cannot go through in the order of their index. Give the table a unique key of other columns and name it: mysqlTable('${tableName(captured.name)}', { key: … }).`,
      )
    })
    this.#order = captured.order.map((name) => captured.key.indexOf(name))
  }

  /** @param cursor key of the last row that was read; null: from the beginning */
  select(cursor: readonly string[] | null, limit: number, locking: boolean): string {
    const order = this.#captured.order.map(sqlIdentifier).join(', ')
    const where = cursor === null ? '' : ` WHERE ${this.#after(cursor)}`
    return `${this.#select}${where} ORDER BY ${order} LIMIT ${limit}${locking ? ' FOR SHARE' : ''}`
  }

  /** One column for each key: 1 where the snapshot has passed it, at `cursor`. */
  compare(keys: readonly (readonly string[])[], cursor: readonly string[]): string {
    const end = this.#tuple(cursor)
    return `SELECT ${keys.map((key) => `${this.#tuple(key)} <= ${end}`).join(', ')}`
  }

  /** @param result rows of the result, each with its values in the columns' order */
  rows(result: readonly (readonly unknown[])[]): readonly SnapshotRow[] {
    return result.map((values) => {
      this.#read(values)
      return { key: this.#row.key(), value: this.#row.value() }
    })
  }

  /** Texts of the key's columns of one row of a result. */
  keyTexts(values: readonly unknown[]): readonly string[] {
    this.#read(values)
    return this.#row.keyTexts()
  }

  #read(values: readonly unknown[]): void {
    const { texts } = this.#row
    for (let i = 0; i < texts.length; i++) {
      const value = values[i]
      texts[i] = value === null ? null : (this.#columns[i] as SnapshotColumn).text(value)
    }
  }

  #tuple(key: readonly string[]): string {
    const literals = this.#inOrder(key)
    return literals.length === 1 ? (literals[0] as string) : `(${literals.join(', ')})`
  }

  /** `a > x`, `a >= x AND (a > x OR (a = x AND b > y))`: a comparison of tuples would not use the index. */
  #after(cursor: readonly string[]): string {
    const columns = this.#captured.order.map(sqlIdentifier)
    const literals = this.#inOrder(cursor)
    const from = (i: number): string => {
      const here = `${columns[i]} > ${literals[i]}`
      return i === columns.length - 1 ? here : `(${here} OR (${columns[i]} = ${literals[i]} AND ${from(i + 1)}))`
    }
    return columns.length === 1 ? from(0) : `${columns[0]} >= ${literals[0]} AND ${from(0)}`
  }

  #inOrder(key: readonly string[]): readonly string[] {
    return this.#order.map((i) => this.#literals[i]?.(key[i] as string) ?? '')
  }
}

function snapshotColumn(captured: CapturedTable, name: string, column: SnapshotColumn | undefined): SnapshotColumn {
  if (column !== undefined) return column
  throw new MysqlConnectorError(
    'MYSQL_COLUMN_UNSUPPORTED',
    `Column '${name}' of ${tableName(captured.name)} has a type that cannot be read exactly.`,
  )
}
