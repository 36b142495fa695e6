import { MysqlConnectorError } from '../../errors.ts'
import type { ByteReader } from '../../types/columns/index.ts'
import { tableName } from '../../types/table-name.ts'
import type { CapturedTable } from '../captured-table.ts'
import type { ServerInfo } from '../server.ts'
import { RowFormat } from './row-format.ts'
import { readTableMap, readTableMapHead } from './table-map.ts'

/**
 * The formats of the captured tables, as the binlog's TABLE_MAP events describe them. A transaction repeats them for each
 * statement, so a description with the same bytes as before costs a comparison.
 */
export class TableFormats {
  readonly #server: ServerInfo
  readonly #tables: ReadonlyMap<string, readonly CapturedTable[]>
  readonly #known = new Map<string, { readonly description: Buffer; readonly formats: readonly RowFormat[] }>()
  /** By table id, within a transaction. */
  readonly #current = new Map<number, readonly RowFormat[]>()
  readonly #statements = new Map<string, string>()

  constructor(server: ServerInfo, tables: readonly CapturedTable[]) {
    this.#server = server
    this.#tables = Map.groupBy(tables, (table) => tableName(table.name))
  }

  /** Takes a TABLE_MAP event. Tables that are not captured cost a look at their name. */
  map(body: ByteReader): void {
    const { tableId, database, table } = readTableMapHead(body)
    const name = `${database}.${table}`
    const captured = this.#tables.get(name)
    if (captured === undefined) return
    let known = this.#known.get(name)
    if (known === undefined || known.description.compare(body.buffer, body.position, body.end) !== 0) {
      const description = Buffer.from(body.buffer.subarray(body.position, body.end))
      known = { description, formats: captured.map((one) => this.#format(one, body)) }
      this.#known.set(name, known)
    }
    this.#current.set(tableId, known.formats)
  }

  /** Undefined: the table is not captured. */
  get(tableId: number): readonly RowFormat[] | undefined {
    return this.#current.get(tableId)
  }

  /** Ids may mean other tables after this. */
  endOfTransaction(): void {
    this.#current.clear()
  }

  isCaptured(name: { readonly database: string; readonly table: string }): boolean {
    if (name.table === '*') return [...this.#tables.keys()].some((table) => table.startsWith(`${name.database}.`))
    return this.#tables.has(tableName(name))
  }

  /** Remembers what changed a table's definition, to name it when the new one does not fit. */
  altered(name: string, statement: string): void {
    this.#statements.set(name, statement)
  }

  #format(captured: CapturedTable, body: ByteReader): RowFormat {
    const start = body.position
    const logicalTypes = new Map(captured.columns.map((column) => [column.name, column.dataType]))
    const map = readTableMap(body, this.#server.mariadb, logicalTypes)
    body.position = start
    if (map !== undefined) {
      return new RowFormat(captured, map, this.#server.charsets, this.#statements.get(tableName(captured.name)))
    }
    throw new MysqlConnectorError(
      'MYSQL_BINLOG_ROW_METADATA',
      `The binlog does not name the columns of ${tableName(captured.name)}: these changes were written with binlog_row_metadata other than FULL, so they cannot be read exactly. ` +
        'Run: SET PERSIST binlog_row_metadata = FULL; (MariaDB: SET GLOBAL, and in the configuration). What was written before cannot be read: begin anew with a new snapshot, under a new application id.',
    )
  }
}
