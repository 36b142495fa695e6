import { MysqlConnectorError } from '../../errors.ts'
import { fieldsOf, RowText } from '../../rows/index.ts'
import { type BinlogColumn, binlogColumn, type ByteReader, type Charsets } from '../../types/columns/index.ts'
import { tableName } from '../../types/table-name.ts'
import type { CapturedTable } from '../captured-table.ts'
import type { TableMap } from './table-map.ts'

/**
 * Reads the row images of one shape of a captured table: made once for each definition that the binlog shows.
 *
 * @throws {MysqlConnectorError} MYSQL_TABLE_CHANGED when the definition no longer serves what was asked of the table,
 *   MYSQL_COLUMN_UNSUPPORTED
 */
export class RowFormat {
  readonly captured: CapturedTable
  readonly #columns: readonly BinlogColumn[]
  readonly #isKey: readonly boolean[]
  readonly #row: RowText

  /** @param because the last statement that changed the table's definition, for messages */
  constructor(captured: CapturedTable, map: TableMap, charsets: Charsets, because: string | undefined) {
    this.captured = captured
    checkDefinition(captured, map, because)
    const names = map.columns.map((column) => column.name)
    const key = captured.key.map((name) => names.indexOf(name))
    this.#columns = map.columns.map((column) => {
      const reader = binlogColumn(column, charsets)
      if (reader !== undefined) return reader
      throw new MysqlConnectorError(
        'MYSQL_COLUMN_UNSUPPORTED',
        `Column '${column.name}' of ${tableName(captured.name)} has a type or character set that cannot be read exactly (type ${column.type}, collation ${column.collation ?? 'none'})${blame(because)}. ` +
          'Reading stopped before its row; change the column back, or leave the table out of the topology.',
      )
    })
    this.#isKey = names.map((name) => captured.key.includes(name))
    this.#row = new RowText(
      names.map((name, i) => ({ name, form: (this.#columns[i] as BinlogColumn).form })),
      key,
    )
  }

  get columnCount(): number {
    return this.#columns.length
  }

  /** Reads a row image, which `value`, `key` and `keyTexts` then are about. */
  read(bytes: ByteReader): void {
    const { texts } = this.#row
    const columns = this.#columns
    const nulls = bytes.position
    bytes.position += (columns.length + 7) >>> 3
    const { buffer } = bytes
    for (let i = 0; i < columns.length; i++) {
      const isNull = ((buffer[nulls + (i >>> 3)] as number) & (1 << (i & 7))) !== 0
      texts[i] = isNull ? null : (columns[i] as BinlogColumn).read(bytes)
    }
  }

  /** The same for the key's columns only. */
  readKey(bytes: ByteReader): void {
    const { texts } = this.#row
    const columns = this.#columns
    const nulls = bytes.position
    bytes.position += (columns.length + 7) >>> 3
    const { buffer } = bytes
    for (let i = 0; i < columns.length; i++) {
      if (((buffer[nulls + (i >>> 3)] as number) & (1 << (i & 7))) !== 0) continue
      const column = columns[i] as BinlogColumn
      if (this.#isKey[i] === true) texts[i] = column.read(bytes)
      else column.skip(bytes)
    }
  }

  value(): string {
    return this.#row.value()
  }

  key(): string {
    return this.#row.key()
  }

  keyTexts(): readonly string[] {
    return this.#row.keyTexts()
  }
}

function checkDefinition(captured: CapturedTable, map: TableMap, because: string | undefined): void {
  const names = map.columns.map((column) => column.name)
  const primaryKey = (map.primaryKey ?? []).map((i) => names[i])
  const sameKey = primaryKey.length === captured.key.length && captured.key.every((name) => primaryKey.includes(name))
  if (captured.byPrimaryKey && !sameKey) {
    throw changed(
      captured,
      `its primary key is now (${primaryKey.join(', ') || 'none'}), its records' key is (${captured.key.join(', ')})`,
      because,
    )
  }
  const missing = captured.key.find((name) => !names.includes(name))
  if (missing !== undefined) throw changed(captured, `it has no column '${missing}' any more, which is part of its key`, because)
  if (captured.spec.schema === undefined) return
  const gone = fieldsOf(captured.spec.schema).find((field) => !field.nullIsUndefined && !names.includes(field.name))
  if (gone !== undefined) throw changed(captured, `it has no column '${gone.name}', which the schema asks for`, because)
}

function changed(captured: CapturedTable, what: string, because: string | undefined): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_TABLE_CHANGED',
    `The table ${tableName(captured.name)} was changed${blame(because)}: ${what}. Reading stopped before the first row of the new kind. ` +
      'Bring the topology in line with the table (key, schema) and start again; when the key has changed, under a new application id, which takes a new snapshot.',
  )
}

function blame(because: string | undefined): string {
  return because === undefined ? '' : ` by: ${because}`
}
