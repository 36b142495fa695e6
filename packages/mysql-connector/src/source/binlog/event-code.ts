// Codes of binlog events (MySQL source, libs/mysql/binlog/event/binlog_event.h; MariaDB source, sql/log_event.h).

export const FORMAT_DESCRIPTION = 15
export const TABLE_MAP = 19
/** Between them are those for updates: write, update, delete. */
export const WRITE_ROWS_V1 = 23
export const DELETE_ROWS_V1 = 25
export const WRITE_ROWS = 30
export const DELETE_ROWS = 32
export const GTID = 33
export const PARTIAL_UPDATE_ROWS = 39
export const ANONYMOUS_GTID = 34
/** MariaDB, log_bin_compress: the same events with compressed rows, in the layouts of version 1 and 2. */
export const WRITE_ROWS_COMPRESSED_V1 = 166
export const DELETE_ROWS_COMPRESSED = 171

/** Events without meaning for rows: start, stop, intvar, rand, user_var, heartbeats, annotations, group replication, … */
const WITHOUT_ROWS: ReadonlySet<number> = new Set([1, 3, 5, 13, 14, 27, 28, 29, 35, 36, 37, 41, 160, 161, 163, 164])
/** Events that come through zongji, decoded: query, rotate, format, xid, GTIDs, XA prepare. */
const DECODED: ReadonlySet<number> = new Set([2, 4, FORMAT_DESCRIPTION, 16, GTID, ANONYMOUS_GTID, 38, 42, 162, 165])
/** LOAD DATA and the blocks of its file, as statements. */
const LOAD_DATA: ReadonlySet<number> = new Set([6, 8, 9, 10, 11, 12, 17, 18])

export type RowsOperation = 'insert' | 'update' | 'delete'

const OPERATIONS: readonly RowsOperation[] = ['insert', 'update', 'delete']

export type EventKind = 'table-map' | 'rows' | 'partial-rows' | 'decoded' | 'without-rows' | 'load-data' | 'unknown'

export function eventKind(code: number): EventKind {
  return KINDS[code] as EventKind
}

const KINDS: readonly EventKind[] = Array.from({ length: 256 }, (_, code) => kindOf(code))

function kindOf(code: number): EventKind {
  if (code === TABLE_MAP) return 'table-map'
  if (rowsOperation(code) !== undefined) return 'rows'
  if (code === PARTIAL_UPDATE_ROWS) return 'partial-rows'
  if (DECODED.has(code)) return 'decoded'
  if (WITHOUT_ROWS.has(code)) return 'without-rows'
  return LOAD_DATA.has(code) ? 'load-data' : 'unknown'
}

/** Undefined for events that hold no rows. */
export function rowsOperation(code: number): RowsOperation | undefined {
  if (code >= WRITE_ROWS && code <= DELETE_ROWS) return OPERATIONS[code - WRITE_ROWS]
  if (code >= WRITE_ROWS_V1 && code <= DELETE_ROWS_V1) return OPERATIONS[code - WRITE_ROWS_V1]
  if (isCompressed(code)) return OPERATIONS[(code - WRITE_ROWS_COMPRESSED_V1) % 3]
  return undefined
}

export function isCompressed(code: number): boolean {
  return code >= WRITE_ROWS_COMPRESSED_V1 && code <= DELETE_ROWS_COMPRESSED
}

/** Version 2 has a block of extra data. */
export function hasExtraData(code: number): boolean {
  return (code >= WRITE_ROWS && code <= DELETE_ROWS) || code >= WRITE_ROWS_COMPRESSED_V1 + 3
}
