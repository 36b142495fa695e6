/**
 * A row without a schema: columns by name, each value exact.
 *
 * - whole numbers up to 32 bits, YEAR, FLOAT, DOUBLE, BIT up to 53 bits: number
 * - BIGINT, DECIMAL, all temporal types, text, ENUM, SET, JSON (as JSON text): string, as MySQL writes it
 * - BINARY, VARBINARY, BLOB, geometries (4 bytes SRID, then WKB), vectors: Uint8Array
 * - longer BIT: bigint
 * - NULL: null
 */
export type Row = Record<string, RowValue>

export type RowValue = string | number | bigint | Uint8Array | null
