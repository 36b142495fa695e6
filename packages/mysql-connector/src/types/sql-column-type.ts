import type { z } from 'zod'
import type { SqlValue } from './sql-literal.ts'

/** What a view's new column is made as. Text keys are compared by bytes, trailing spaces included, as record keys are. */
export interface ColumnTypeOptions {
  readonly forKey: boolean
  /** Collation that compares bytes and does not pad: it has another name on MariaDB. */
  readonly binaryCollation: string
}

/**
 * Column type for a JavaScript value: a number may become fractional later, so it is a DOUBLE (exact for integers up to
 * 2^53); ask for another with `columns`.
 */
export function columnTypeOfValue(value: Exclude<SqlValue, null>, options: ColumnTypeOptions): string {
  switch (typeof value) {
    case 'string':
      return textType(options)
    case 'number':
      return options.forKey && Number.isInteger(value) ? 'BIGINT' : 'DOUBLE'
    case 'bigint':
      return 'BIGINT'
    case 'boolean':
      return 'TINYINT(1)'
    default:
      if (value instanceof Date) return 'DATETIME(3)'
      return options.forKey ? 'VARBINARY(255)' : 'LONGBLOB'
  }
}

/** Column type for a zod type; undefined where the schema does not say (a union of kinds, `unknown`). */
export function columnTypeOfSchema(schema: z.core.$ZodType, options: ColumnTypeOptions): string | undefined {
  const { def } = schema._zod
  switch (def.type) {
    case 'string':
      return textType(options)
    case 'enum':
      return `VARCHAR(255) CHARACTER SET utf8mb4 COLLATE ${options.binaryCollation}`
    case 'number':
      return 'format' in def ? 'BIGINT' : 'DOUBLE'
    case 'int':
    case 'bigint':
      return 'BIGINT'
    case 'boolean':
      return 'TINYINT(1)'
    case 'date':
      return 'DATETIME(3)'
    case 'object':
    case 'array':
    case 'record':
    case 'tuple':
      return 'JSON'
    case 'nullable':
    case 'optional':
    case 'default':
    case 'readonly':
      return 'innerType' in def ? columnTypeOfSchema(def.innerType as z.core.$ZodType, options) : undefined
    default:
      return undefined
  }
}

function textType(options: ColumnTypeOptions): string {
  const collation = `CHARACTER SET utf8mb4 COLLATE ${options.binaryCollation}`
  return options.forKey ? `VARCHAR(255) ${collation}` : `LONGTEXT ${collation}`
}
