import type { z } from 'zod'
import { type FieldKind, fieldsOf, type RowField } from '../../rows/index.ts'
import type { CatalogColumn } from '../../types/columns/index.ts'
import { type TableName, tableName } from '../../types/table-name.ts'
import type { Problem } from './problem.ts'

const SMALL_INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'year']
const TEXTS = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext']
const BINARIES = ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector']
const GEOMETRIES = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
]

/** The columns' types that each kind of field can be read from. */
const TAKES: Readonly<Record<Exclude<FieldKind, 'other'>, ReadonlySet<string>>> = {
  bigint: new Set([...SMALL_INTEGERS, 'bigint', 'bit']),
  number: new Set([...SMALL_INTEGERS, 'float', 'double', 'bit']),
  string: new Set([
    ...TEXTS,
    ...['enum', 'set', 'decimal', 'bigint', 'date', 'time', 'datetime', 'timestamp', 'json', 'uuid', 'inet4', 'inet6'],
  ]),
  boolean: new Set(['tinyint', 'bit']),
  date: new Set(['date', 'datetime', 'timestamp']),
  bytes: new Set([...BINARIES, ...GEOMETRIES]),
  json: new Set(['json', ...TEXTS]),
}

/** Columns that the schema names and the table lacks, or holds in another type. */
export function schemaProblems(name: TableName, columns: readonly CatalogColumn[], schema: z.ZodObject): readonly Problem[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  return fieldsOf(schema).flatMap((field): readonly Problem[] => {
    const column = byName.get(field.name)
    if (column === undefined) {
      if (field.nullIsUndefined) return []
      const similar = columns.find((one) => one.name.toLowerCase() === field.name.toLowerCase())
      const hint = similar === undefined ? '' : ` It has '${similar.name}'.`
      return [
        {
          code: 'MYSQL_COLUMN_MISSING',
          message: `${tableName(name)} has no column '${field.name}', which the schema asks for.${hint}`,
        },
      ]
    }
    if (takes(field, column)) return []
    return [
      {
        code: 'MYSQL_COLUMN_TYPE',
        message: `column '${field.name}' of ${tableName(name)} is ${column.columnType}, which the schema cannot read as ${field.kind === 'number' && field.whole ? 'whole number' : field.kind}. Use ${suggestion(column)}.`,
      },
    ]
  })
}

function takes(field: RowField, column: CatalogColumn): boolean {
  if (field.kind === 'other') return true
  if (field.whole && (column.dataType === 'float' || column.dataType === 'double')) return false
  return TAKES[field.kind].has(column.dataType)
}

function suggestion(column: CatalogColumn): string {
  const { dataType } = column
  const type =
    dataType === 'bigint'
      ? 'z.bigint()'
      : dataType === 'float' || dataType === 'double'
        ? 'z.number()'
        : SMALL_INTEGERS.includes(dataType) || dataType === 'bit'
          ? 'z.int()'
          : dataType === 'date' || dataType === 'datetime' || dataType === 'timestamp'
            ? 'z.date() or z.string()'
            : BINARIES.includes(dataType) || GEOMETRIES.includes(dataType)
              ? 'z.instanceof(Uint8Array)'
              : 'z.string()'
  return column.nullable ? `${type} with .nullable()` : type
}
