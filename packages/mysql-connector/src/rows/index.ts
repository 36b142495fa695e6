/** What a row is as a record: serdes of keys and values, event time. */
export { eventTime } from './event-time.ts'
export { type FieldKind, fieldsOf, type RowField } from './field-kind.ts'
export { isMysqlKey, keySerde } from './key-serde.ts'
export { rowSerde } from './row-serde.ts'
export { RowText } from './row-text.ts'
