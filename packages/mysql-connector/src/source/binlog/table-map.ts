import { type ByteReader, type TableMapColumn, typeCode as type } from '../../types/columns/index.ts'

/** A table as it was when the rows that follow were written (MySQL source, Table_map_event). */
export interface TableMap {
  readonly columns: readonly TableMapColumn[]
  /** Indexes of the primary key's columns; undefined: none. */
  readonly primaryKey: readonly number[] | undefined
}

/** Where the body of a TABLE_MAP begins to describe the columns, and whose they are. */
export interface TableMapHead {
  readonly tableId: number
  readonly database: string
  readonly table: string
}

export function readTableMapHead(bytes: ByteReader): TableMapHead {
  const tableId = bytes.uint(6)
  bytes.skip(2)
  const database = bytes.utf8(bytes.uint8())
  bytes.skip(1)
  const table = bytes.utf8(bytes.uint8())
  bytes.skip(1)
  return { tableId, database, table }
}

// Optional metadata: type, length, value (MySQL source, Table_map_event::Optional_metadata_field_type).
const SIGNEDNESS = 1
const DEFAULT_CHARSET = 2
const COLUMN_CHARSET = 3
const COLUMN_NAME = 4
const SET_VALUES = 5
const ENUM_VALUES = 6
const PRIMARY_KEY = 8
const PRIMARY_KEY_WITH_PREFIX = 9
const ENUM_AND_SET_DEFAULT_CHARSET = 10
const ENUM_AND_SET_COLUMN_CHARSET = 11

const NUMERIC: ReadonlySet<number> = new Set([
  type.DECIMAL,
  type.TINY,
  type.SHORT,
  type.INT24,
  type.LONG,
  type.LONGLONG,
  type.NEWDECIMAL,
  type.FLOAT,
  type.DOUBLE,
  type.YEAR,
])

const CHARACTER: readonly number[] = [
  type.VARCHAR,
  type.VAR_STRING,
  type.STRING,
  type.BLOB,
  type.BLOB_COMPRESSED,
  type.VARCHAR_COMPRESSED,
]
/** MySQL counts vectors among the columns that have a character set, MariaDB geometries. */
const MYSQL_CHARACTER: ReadonlySet<number> = new Set([...CHARACTER, type.VECTOR])
const MARIADB_CHARACTER: ReadonlySet<number> = new Set([...CHARACTER, type.GEOMETRY])

/**
 * Reads what follows the head.
 * @param logicalTypes what information_schema calls the columns' types, by name
 * @returns undefined when the server sends no column names (binlog_row_metadata is not FULL)
 */
export function readTableMap(
  bytes: ByteReader,
  mariadb: boolean,
  logicalTypes: ReadonlyMap<string, string>,
): TableMap | undefined {
  const count = bytes.lengthEncoded()
  const types = Array.from({ length: count }, () => bytes.uint8())
  bytes.lengthEncoded()
  const metadata = types.map((code, i) => {
    const value = readMetadata(bytes, code)
    if (code !== type.STRING) return value
    const resolved = resolveString(value)
    types[i] = resolved.type
    return resolved.metadata
  })
  // Which columns can be NULL: of no use here.
  bytes.skip((count + 7) >>> 3)

  const character = mariadb ? MARIADB_CHARACTER : MYSQL_CHARACTER
  const indexes = (wanted: (code: number) => boolean): readonly number[] =>
    [...types.keys()].filter((i) => wanted(types[i] as number))
  const unsigned = new Set<number>()
  const collations = new Map<number, number>()
  const members = new Map<number, readonly Buffer[]>()
  let names: readonly string[] | undefined
  let primaryKey: readonly number[] | undefined

  while (bytes.remaining > 0) {
    const field = bytes.uint8()
    const end = bytes.lengthEncoded() + bytes.position
    switch (field) {
      case SIGNEDNESS:
        readSignedness(
          bytes,
          indexes((code) => NUMERIC.has(code)),
          unsigned,
        )
        break
      case DEFAULT_CHARSET:
        readDefaultCharset(
          bytes,
          end,
          indexes((code) => character.has(code)),
          collations,
        )
        break
      case COLUMN_CHARSET:
        readColumnCharsets(
          bytes,
          end,
          indexes((code) => character.has(code)),
          collations,
        )
        break
      case ENUM_AND_SET_DEFAULT_CHARSET:
        readDefaultCharset(bytes, end, indexes(hasMembers), collations)
        break
      case ENUM_AND_SET_COLUMN_CHARSET:
        readColumnCharsets(bytes, end, indexes(hasMembers), collations)
        break
      case COLUMN_NAME:
        names = readList(bytes, end, () => bytes.utf8(bytes.lengthEncoded()))
        break
      case SET_VALUES:
        readMembers(
          bytes,
          end,
          indexes((code) => code === type.SET),
          members,
        )
        break
      case ENUM_VALUES:
        readMembers(
          bytes,
          end,
          indexes((code) => code === type.ENUM),
          members,
        )
        break
      case PRIMARY_KEY:
        primaryKey = readList(bytes, end, () => bytes.lengthEncoded())
        break
      case PRIMARY_KEY_WITH_PREFIX:
        primaryKey = readList(bytes, end, () => {
          const index = bytes.lengthEncoded()
          bytes.lengthEncoded()
          return index
        })
        break
      default:
    }
    bytes.position = end
  }
  if (names === undefined || names.length !== count) return undefined
  const columns = names.map(
    (name, i): TableMapColumn => ({
      name,
      type: types[i] as number,
      metadata: metadata[i] as number,
      unsigned: unsigned.has(i),
      collation: collations.get(i),
      members: members.get(i) ?? [],
      logicalType: logicalTypes.get(name),
    }),
  )
  return { columns, primaryKey }
}

/** Two bytes, lowest first; for STRING highest first. */
function readMetadata(bytes: ByteReader, code: number): number {
  switch (code) {
    case type.STRING:
    case type.VAR_STRING:
    case type.ENUM:
    case type.SET:
      return bytes.uintBE(2)
    case type.VARCHAR:
    case type.VARCHAR_COMPRESSED:
    case type.BIT:
    case type.NEWDECIMAL:
      return bytes.uint16()
    case type.FLOAT:
    case type.DOUBLE:
    case type.BLOB:
    case type.BLOB_COMPRESSED:
    case type.JSON:
    case type.GEOMETRY:
    case type.VECTOR:
    case type.TIMESTAMP2:
    case type.DATETIME2:
    case type.TIME2:
      return bytes.uint8()
    default:
      return 0
  }
}

/** STRING stands for ENUM and SET too, and has the two upper bits of long lengths, inverted, in its type (MySQL source, Field_string). */
function resolveString(metadata: number): { readonly type: number; readonly metadata: number } {
  const real = metadata >>> 8
  if (hasMembers(real)) return { type: real, metadata: metadata & 255 }
  return { type: type.STRING, metadata: (((metadata >>> 4) & 0x300) ^ 0x300) + (metadata & 255) }
}

function hasMembers(code: number): boolean {
  return code === type.ENUM || code === type.SET
}

/** One bit for each numeric column, highest first: set when unsigned. */
function readSignedness(bytes: ByteReader, numeric: readonly number[], unsigned: Set<number>): void {
  const bits = bytes.bytes((numeric.length + 7) >>> 3)
  for (const [i, column] of numeric.entries()) {
    if (((bits[i >>> 3] as number) & (0x80 >>> (i & 7))) !== 0) unsigned.add(column)
  }
}

function readDefaultCharset(bytes: ByteReader, end: number, columns: readonly number[], collations: Map<number, number>): void {
  const usual = bytes.lengthEncoded()
  for (const column of columns) collations.set(column, usual)
  while (bytes.position < end) {
    const column = columns[bytes.lengthEncoded()]
    const collation = bytes.lengthEncoded()
    if (column !== undefined) collations.set(column, collation)
  }
}

function readColumnCharsets(bytes: ByteReader, end: number, columns: readonly number[], collations: Map<number, number>): void {
  for (let i = 0; bytes.position < end; i++) {
    const collation = bytes.lengthEncoded()
    const column = columns[i]
    if (column !== undefined) collations.set(column, collation)
  }
}

function readMembers(bytes: ByteReader, end: number, columns: readonly number[], members: Map<number, readonly Buffer[]>): void {
  for (let i = 0; bytes.position < end; i++) {
    const count = bytes.lengthEncoded()
    const values = Array.from({ length: count }, () => Buffer.from(bytes.bytes(bytes.lengthEncoded())))
    const column = columns[i]
    if (column !== undefined) members.set(column, values)
  }
}

function readList<T>(bytes: ByteReader, end: number, read: () => T): readonly T[] {
  const list: T[] = []
  while (bytes.position < end) list.push(read())
  return list
}
