/**
 * Column types: how a value of each is read exactly, from the binlog's bytes and from a query's result, into one text. One
 * family a file; `binlogColumn` and `catalogColumn` choose.
 */
export { ByteReader } from './byte-reader.ts'
export { binlogColumn } from './binlog-column.ts'
export { catalogColumn } from './catalog-column.ts'
export { type Charsets, loadCharsets } from './charset.ts'
export * as typeCode from './type-code.ts'
export type { BinlogColumn, CatalogColumn, SnapshotColumn, TableMapColumn, TextForm } from './column.ts'
