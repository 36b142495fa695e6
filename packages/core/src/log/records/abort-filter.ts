import { BATCH, CONTROL, readInt64, TRANSACTIONAL } from './record-batch-format.ts'
import { VarintReader } from './varint.ts'

/** A transaction that was aborted, as a read-committed fetch names it: its writer, and its first offset in the partition. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/**
 * Hides batches of aborted transactions, as Kafka's Java consumer does (CompletedFetch): a writer counts as aborting from the
 * first offset of its aborted transaction to its abort marker, which may lie in a later fetch. The log names the transaction
 * again there, so a filter lives for one fetch.
 */
export class AbortFilter {
  readonly #pending: AbortedTransaction[]
  readonly #aborting = new Set<number>()
  #next = 0

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** To be asked for every batch, in order. `nextOffset` is the offset after the batch at `at`. */
  hides(buffer: Buffer, at: number, nextOffset: number): boolean {
    for (let next = this.#pending[this.#next]; next !== undefined && next.firstOffset < nextOffset; ) {
      this.#aborting.add(next.producerId)
      next = this.#pending[++this.#next]
    }
    const attributes = buffer.readInt16BE(at + BATCH.attributes)
    const producerId = readInt64(buffer, at + BATCH.producerId)
    if ((attributes & CONTROL) !== 0) {
      if (isAbortMarker(buffer, at)) this.#aborting.delete(producerId)
      return true
    }
    return (attributes & TRANSACTIONAL) !== 0 && this.#aborting.has(producerId)
  }
}

/** The key of a control record is its version and its type, two int16 (Kafka protocol, "Control Batches"): type 0 aborts. */
function isAbortMarker(buffer: Buffer, at: number): boolean {
  if (buffer.readInt32BE(at + BATCH.recordCount) < 1) return false
  const reader = new VarintReader(buffer, at + BATCH.records)
  reader.varint() // length
  reader.position++ // attributes
  reader.varlong() // timestamp delta
  reader.varint() // offset delta
  const keyLength = reader.varint()
  return keyLength >= 4 && buffer.readInt16BE(reader.position + 2) === 0
}
