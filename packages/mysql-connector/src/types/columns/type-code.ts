// Codes of column types in the binlog (MySQL source, include/field_types.h; MariaDB source, sql/field.h for the compressed).

export const DECIMAL = 0
export const TINY = 1
export const SHORT = 2
export const LONG = 3
export const FLOAT = 4
export const DOUBLE = 5
export const LONGLONG = 8
export const INT24 = 9
export const DATE = 10
export const YEAR = 13
export const VARCHAR = 15
export const BIT = 16
export const TIMESTAMP2 = 17
export const DATETIME2 = 18
export const TIME2 = 19
export const BLOB_COMPRESSED = 140
export const VARCHAR_COMPRESSED = 141
export const VECTOR = 242
export const JSON = 245
export const NEWDECIMAL = 246
export const ENUM = 247
export const SET = 248
export const BLOB = 252
export const VAR_STRING = 253
export const STRING = 254
export const GEOMETRY = 255
