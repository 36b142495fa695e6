import type { Encoded, Headers } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'
import { RecordBatchBuilder } from '../records/index.ts'
import type { PartitionLog } from './partition-log.ts'

/** Batches are closed at this size: what a reader decodes in one piece, and what one database entry holds. */
const BATCH_BYTES = 256 * 1024

/** What a writer has appended to one partition and not yet committed. */
export class PendingBatches {
  readonly partition: PartitionLog
  readonly #builder: RecordBatchBuilder
  #full: Buffer[] = []
  #fullBytes = 0

  constructor(partition: PartitionLog) {
    this.partition = partition
    this.#builder = new RecordBatchBuilder({ maxBytes: partition.settings.maxMessageBytes })
  }

  get bytes(): number {
    return this.#fullBytes + (this.#builder.count === 0 ? 0 : this.#builder.size)
  }

  /** @throws {MillraceError} RECORD_TOO_LARGE; RECORD_INVALID for a record without a key in a compacted topic */
  append(timestamp: number, key: Encoded | null, value: Encoded | null, headers: Headers | undefined): void {
    if (key === null && this.partition.settings.compact) throw this.#withoutKey()
    const builder = this.#builder
    if (!builder.append(timestamp, key, value, headers)) {
      const fits = builder.count > 0 && (this.#close(), builder.append(timestamp, key, value, headers))
      if (!fits) throw this.#tooLarge(key, value)
    }
    if (builder.size >= BATCH_BYTES) this.#close()
  }

  /** Everything pending, as finished batches without offsets; nothing is pending afterwards. */
  take(): readonly Buffer[] {
    if (this.#builder.count > 0) this.#close()
    const taken = this.#full
    this.#full = []
    this.#fullBytes = 0
    return taken
  }

  #close(): void {
    // A copy: the builder's memory is used for the next batch, while readers may hold this one.
    const batch = Buffer.from(this.#builder.finish())
    this.#builder.reset()
    this.#full.push(batch)
    this.#fullBytes += batch.length
  }

  #tooLarge(key: Encoded | null, value: Encoded | null): MillraceError {
    const { topic, partition, settings } = this.partition
    const size = (bytes: Encoded | null): number => (bytes === null ? 0 : Buffer.byteLength(bytes))
    return new MillraceError(
      'RECORD_TOO_LARGE',
      `A record for ${topic}/${partition} has a key of ${size(key)} bytes and a value of ${size(value)}, which is more than the ` +
        `${settings.maxMessageBytes} that the topic takes. Make the record smaller, or create the topic with a larger max.message.bytes.`,
      { location: { topic, partition } },
    )
  }

  #withoutKey(): MillraceError {
    const { topic, partition } = this.partition
    return new MillraceError(
      'RECORD_INVALID',
      `A record for ${topic}/${partition} has no key, and the topic is compacted: it keeps the last record of each key. Give the ` +
        'record a key, or the topic the cleanup policy delete.',
      { location: { topic, partition } },
    )
  }
}
