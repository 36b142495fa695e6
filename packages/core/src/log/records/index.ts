/**
 * Record batches v2, the format in which Kafka's brokers and the embedded log keep records and send them: pure code, no I/O.
 */
export type { AbortedTransaction } from './abort-filter.ts'
export { crc32c } from './crc32c.ts'
export { decodeRecordBatches, type DecodedBatches } from './decode-record-batches.ts'
export { decodeHeaders, encodeHeaders, headersSizeBound, NO_HEADERS } from './headers.ts'
export { LogRecord } from './log-record.ts'
export { partitionForKey } from './partition-for-key.ts'
export { type BatchHeader, RecordBatchBuilder } from './record-batch-builder.ts'
export { BATCH, batchNextOffset, positionAfter, readInt64, setBaseOffset, writeInt64 } from './record-batch-format.ts'
export { VarintReader, varintSize, writeVarint, writeVarlong } from './varint.ts'
