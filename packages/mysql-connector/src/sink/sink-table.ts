import type { Connection } from 'mysql2/promise'
import { MysqlConnectorError } from '../errors.ts'
import { type ColumnTypeOptions, columnTypeOfSchema, columnTypeOfValue } from '../types/sql-column-type.ts'
import type { SqlValue } from '../types/sql-literal.ts'
import type { SinkRow } from './statements.ts'
import {
  addColumn,
  binaryCollation,
  createTable,
  inspectTable,
  type ServerFlavor,
  serverFlavor,
  type TargetTable,
} from './target-table.ts'
import type { ViewSpec } from './view-spec.ts'

/**
 * Keeps a view's table fit for the rows that come: makes it with the first row (or from the schema), adds columns that later
 * rows bring. DDL commits implicitly, so this happens before a transaction begins.
 */
export class SinkTable {
  readonly #spec: ViewSpec
  #target: TargetTable | undefined

  constructor(spec: ViewSpec) {
    this.#spec = spec
  }

  /** Looks at the table that is there; makes it when the schema says all of it. */
  async open(connection: Connection): Promise<void> {
    const flavor = await serverFlavor(connection)
    this.#target = await this.#inspect(connection, flavor)
    if (this.#target === undefined && !this.#spec.create) {
      throw new MysqlConnectorError(
        'MYSQL_TABLE_MISSING',
        `The view's table ${this.#name} does not exist, and it was asked not to make it (create: false). Make the table, or leave 'create' out.`,
      )
    }
  }

  /** The table as it must be for these rows; deletions alone make no table (undefined: there is nothing to delete from). */
  async fit(connection: Connection, rows: readonly SinkRow[]): Promise<TargetTable | undefined> {
    if (this.#target === undefined) {
      const [first] = rows
      if (first === undefined) return undefined
      await this.#create(connection, first)
    }
    for (const row of rows) {
      for (const [column, value] of row) {
        if (this.#known.columns.has(column)) continue
        if (value === null && this.#known.owned) continue
        await this.#add(connection, column, value)
      }
    }
    return this.#known
  }

  /** The row with a null for each column that it does not mention, where all columns are the view's. */
  complete(row: SinkRow): SinkRow {
    const target = this.#known
    const complete = new Map([...row].filter(([column]) => target.columns.has(column)))
    if (target.owned) for (const column of target.columns) if (!complete.has(column)) complete.set(column, null)
    return complete
  }

  get #name(): string {
    return `${this.#spec.database}.${this.#spec.table}`
  }

  get #known(): TargetTable {
    if (this.#target === undefined) throw new Error(`The table ${this.#name} was used before it was made`)
    return this.#target
  }

  async #create(connection: Connection, first: SinkRow): Promise<void> {
    const flavor = await serverFlavor(connection)
    const columns = new Map<string, string>()
    for (const column of this.#spec.key) columns.set(column, this.#type(flavor, column, first.get(column) ?? null) ?? 'TEXT')
    for (const column of Object.keys(this.#spec.schema?.shape ?? {})) {
      const type = this.#type(flavor, column, null)
      if (type !== undefined && !columns.has(column)) columns.set(column, type)
    }
    for (const [column, value] of first) {
      const type = this.#type(flavor, column, value)
      if (type !== undefined && !columns.has(column)) columns.set(column, type)
    }
    await createTable(connection, this.#spec, this.#spec.key, columns)
    this.#target = await this.#inspect(connection, flavor)
  }

  async #add(connection: Connection, column: string, value: SqlValue): Promise<void> {
    const target = this.#known
    if (target.generated.has(column)) return
    // Another partition's task may have added it since we looked.
    const fresh = (await this.#inspect(connection, target.flavor)) ?? target
    this.#target = fresh
    if (fresh.columns.has(column)) return
    const type = this.#type(target.flavor, column, value)
    if (!target.owned || type === undefined) {
      throw new MysqlConnectorError(
        'MYSQL_COLUMN_MISSING',
        `The table ${this.#name} has no column '${column}', which the view's records have. Add it (ALTER TABLE ${this.#name} ADD COLUMN \`${column}\` ${type ?? '…'}), or map the values to the table's columns before the view.`,
      )
    }
    await addColumn(connection, this.#spec, column, type)
    this.#target = await this.#inspect(connection, target.flavor)
  }

  #type(flavor: ServerFlavor, column: string, value: SqlValue): string | undefined {
    const asked = this.#spec.columns[column]
    if (asked !== undefined) return asked
    const options: ColumnTypeOptions = { forKey: this.#spec.key.includes(column), binaryCollation: binaryCollation(flavor) }
    const field = this.#spec.schema?.shape[column]
    const fromSchema = field === undefined ? undefined : columnTypeOfSchema(field, options)
    return fromSchema ?? (value === null ? undefined : columnTypeOfValue(value, options))
  }

  async #inspect(connection: Connection, flavor: ServerFlavor): Promise<TargetTable | undefined> {
    const target = await inspectTable(connection, flavor, this.#spec)
    if (target === undefined) return undefined
    const keyed = target.key.length === this.#spec.key.length && this.#spec.key.every((column) => target.key.includes(column))
    if (keyed && target.secondaryUniqueKey !== undefined && target.referredBy !== undefined) {
      throw new MysqlConnectorError(
        'MYSQL_VIEW_MISMATCH',
        `The table ${this.#name} has a second unique key (${target.secondaryUniqueKey}), so its rows are replaced, which would reach into ${target.referredBy} through its foreign key. Drop one of the two, or write to a table of the view's own.`,
      )
    }
    if (keyed) return target
    throw new MysqlConnectorError(
      'MYSQL_VIEW_MISMATCH',
      `The table ${this.#name} has the primary key (${target.key.join(', ') || 'none'}), but its view has the key (${this.#spec.key.join(', ')}). Rows are written by key, so both must be the same columns.`,
    )
  }
}
