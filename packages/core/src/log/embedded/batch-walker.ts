import { BATCH, readInt64, VarintReader } from '../records/index.ts'

/**
 * Walks over the records of one uncompressed batch without decoding them: what compaction has to know of each, and where its
 * bytes are. Fields speak of the record that `next` moved to.
 */
export class BatchWalker {
  readonly batch: Buffer
  offset = 0
  timestamp = 0
  keyStart = 0
  keyEnd = 0
  tombstone = false
  /** The bytes from the key's length to the end of the headers: what does not depend on the batch that a record is in. */
  bodyStart = 0
  bodyEnd: number = BATCH.records
  readonly #reader: VarintReader
  readonly #baseOffset: number
  readonly #firstTimestamp: number
  #left: number

  constructor(batch: Buffer) {
    this.batch = batch
    this.#reader = new VarintReader(batch, BATCH.records)
    this.#baseOffset = readInt64(batch, BATCH.baseOffset)
    this.#firstTimestamp = readInt64(batch, BATCH.firstTimestamp)
    this.#left = batch.readInt32BE(BATCH.recordCount)
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const reader = this.#reader
    reader.position = this.bodyEnd
    const length = reader.varint()
    this.bodyEnd = reader.position + length
    reader.position++
    this.timestamp = this.#firstTimestamp + reader.varlong()
    this.offset = this.#baseOffset + reader.varint()
    this.bodyStart = reader.position
    const keyLength = reader.varint()
    this.keyStart = reader.position
    this.keyEnd = this.keyStart + Math.max(0, keyLength)
    reader.position = this.keyEnd
    this.tombstone = reader.varint() < 0
    return true
  }

  /** The key, one character for each byte: exact, and cheap as a map's key. */
  key(): string {
    return this.batch.latin1Slice(this.keyStart, this.keyEnd)
  }
}
