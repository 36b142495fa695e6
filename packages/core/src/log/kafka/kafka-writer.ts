import type { Encoded, Headers } from '@millrace/state-store'
import { MillraceError, type MillraceErrorCode } from '../../errors.ts'
import type { LogWriter, OffsetCommit, TopicPartitionKey, WriterOptions } from '../log.ts'
import { type Cluster, Wire } from './connect/index.ts'
import { ERROR, isBrokerError } from './errors.ts'
import { commitOffsets } from './offset-commits.ts'
import { RecordSender } from './record-sender.ts'
import { openIdempotent, TransactionClient } from './transaction.ts'

const DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000
const CLOSE_PATIENCE_MS = 3_000

/**
 * `ready` → `broken` when a commit or abort could not bring it back to a known state: the next one tries again;
 * `fenced` and `closed` are for good.
 */
type WriterState = 'ready' | 'broken' | 'fenced' | 'closed'

export class KafkaWriter implements LogWriter {
  readonly #cluster: Cluster
  readonly #name: string
  readonly #sender: RecordSender
  readonly #transaction: TransactionClient | null
  /** Records. */
  readonly #produce: Wire
  /** Everything else, so that it need not wait behind records. */
  readonly #control: Wire
  #state: WriterState = 'ready'
  #busy: Promise<void> | null = null

  /** @throws {MillraceError} as LogWriter.commit */
  static async open(cluster: Cluster, options: WriterOptions, maxBatchBytes: number): Promise<KafkaWriter> {
    const writer = new KafkaWriter(cluster, options, maxBatchBytes)
    try {
      await writer.#restart()
    } catch (error) {
      writer.#disconnect()
      throw error
    }
    return writer
  }

  private constructor(cluster: Cluster, options: WriterOptions, maxBatchBytes: number) {
    const { name, transactionalId, transactionTimeoutMs = DEFAULT_TRANSACTION_TIMEOUT_MS } = options
    this.#cluster = cluster
    this.#name = name
    this.#produce = new Wire(cluster)
    this.#control = new Wire(cluster)
    const transaction =
      transactionalId === undefined ? null : new TransactionClient(this.#control, transactionalId, transactionTimeoutMs)
    this.#transaction = transaction
    this.#sender = new RecordSender({
      wire: this.#produce,
      transactionalId: transactionalId ?? null,
      maxBatchBytes,
      enlist: async (partitions) => await transaction?.addPartitions(partitions),
    })
  }

  get pendingBytes(): number {
    return this.#sender.batches.bytes
  }

  append(
    topic: string,
    partition: number,
    timestamp: number,
    key: Encoded | null,
    value: Encoded | null,
    headers?: Headers,
  ): void {
    // After a failure records are dropped: the next flush or commit says why.
    if (this.#sender.failure !== null) return
    this.#sender.appended(this.#sender.batches.append(topic, partition, timestamp, key, value, headers))
  }

  async prepare(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#cluster.partitionCounts(topics)
    for (const [topic, partitions] of counts) this.#sender.batches.learn(topic, partitions)
    return counts
  }

  async flush(): Promise<void> {
    await this.#exclusive(async () => {
      try {
        await this.#sender.flush()
      } catch (error) {
        throw await this.#recover(error)
      }
    })
  }

  async commit(offsets?: OffsetCommit): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    return await this.#exclusive(async () => {
      const committed = offsets !== undefined && offsets.offsets.size > 0 ? offsets : undefined
      const nothing = committed === undefined && !this.#sender.dirty && this.#sender.failure === null
      if (nothing && this.#state === 'ready') return new Map()
      try {
        if (this.#transaction === null) {
          await this.#sender.flushForCommit()
          if (committed !== undefined) await commitOffsets(this.#control, committed)
        } else {
          await this.#commitTransaction(this.#transaction, committed)
        }
      } catch (error) {
        throw await this.#recover(error)
      }
      return this.#sender.takeNextOffsets()
    })
  }

  async abort(): Promise<void> {
    await this.#exclusive(async () => {
      try {
        await this.#sender.drop()
        if (this.#sender.failure !== null) throw this.#sender.failure
        if (this.#transaction?.begun === true) await this.#transaction.end(false)
        this.#sender.endTransaction()
      } catch (error) {
        const failure = await this.#recover(error)
        if (this.#state !== 'ready') throw failure
      }
    })
  }

  /** Waits for a commit that is under way, and aborts what is open; both within bounds. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    await within(CLOSE_PATIENCE_MS, this.#busy ?? Promise.resolve())
    const resolvable = this.#state === 'ready' && this.#busy === null
    this.#state = 'closed'
    this.#sender.fail(this.#closed())
    // A batch that is still on its way could come after the abort, and open the transaction again: then the broker's own
    // timeout, or the next owner of the id, ends it.
    const quiet = await within(CLOSE_PATIENCE_MS, this.#sender.drop())
    if (resolvable && quiet && this.#transaction?.begun === true) {
      await this.#transaction.end(false, CLOSE_PATIENCE_MS).catch((error: unknown) => {
        this.#cluster.logger.warn('kafka-abort-failed', { writer: this.#name, error: String(error) })
      })
    }
    this.#disconnect()
  }

  async #commitTransaction(transaction: TransactionClient, offsets: OffsetCommit | undefined): Promise<void> {
    const adding = offsets === undefined ? undefined : transaction.addOffsets(offsets)
    const [flushed, added] = await Promise.allSettled([this.#sender.flushForCommit(), adding])
    // What the group says weighs more: it tells whether the tasks are still ours.
    if (added.status === 'rejected') throw added.reason
    if (flushed.status === 'rejected') throw flushed.reason
    await transaction.end(true)
  }

  /** One flush, commit or abort after the other; the first one begins at once, so that later appends are not part of it. */
  async #exclusive<T>(operation: () => Promise<T>): Promise<T> {
    while (this.#busy !== null) await this.#busy
    if (this.#state === 'closed') throw this.#closed()
    if (this.#state === 'fenced') throw this.#fenced()
    const running = operation()
    const busy = running.then(
      () => {},
      () => {},
    )
    this.#busy = busy
    try {
      return await running
    } finally {
      if (this.#busy === busy) this.#busy = null
    }
  }

  /** Brings the writer back to a known state: nothing open, nothing on its way. Returns what the caller should throw. */
  async #recover(error: unknown): Promise<unknown> {
    this.#sender.fail(error)
    await this.#sender.drop()
    if (this.#state === 'closed') return this.#closed()
    try {
      await this.#restart()
    } catch (failure) {
      this.#state = isBrokerError(failure, ERROR.invalidProducerEpoch, ERROR.producerFenced) ? 'fenced' : 'broken'
      this.#cluster.logger.error('kafka-writer-broken', { writer: this.#name, state: this.#state, error: String(failure) })
      return this.#state === 'fenced' ? this.#fenced(failure) : failure
    }
    return this.#transaction === null ? error : this.#aborted(error)
  }

  async #restart(): Promise<void> {
    this.#sender.restart(await (this.#transaction?.resolve() ?? openIdempotent(this.#control)))
    this.#state = 'ready'
  }

  #aborted(error: unknown): unknown {
    const fencedAsProducer = isBrokerError(error, ERROR.invalidProducerEpoch, ERROR.producerFenced)
    if (error instanceof MillraceError && TOLD_AS_THEY_ARE.has(error.code) && !fencedAsProducer) return error
    if (!(error instanceof Error)) return error
    const why = fencedAsProducer ? 'it was open for longer than its timeout' : error.message
    return new MillraceError(
      'TRANSACTION_ABORTED',
      `The transaction of ${this.#name} did not come to its end: ${why} Go on from the committed offsets.`,
      { cause: error, retriable: true },
    )
  }

  #closed(): MillraceError {
    return new MillraceError('LOG_CLOSED', `The writer ${this.#name} was closed; open a new one.`)
  }

  #fenced(cause?: unknown): MillraceError {
    return new MillraceError(
      'FENCED',
      `The writer ${this.#name} was fenced: another process has taken its transactional id. Close its tasks; if both processes should run, give each its own application id or instance.`,
      { cause },
    )
  }

  #disconnect(): void {
    this.#produce.close()
    this.#control.close()
  }
}

/** True when the promise settled in time. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  const settled = promise.then(() => true)
  try {
    return await Promise.race([settled, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Errors that another attempt would meet again, or that the caller acts on. */
const TOLD_AS_THEY_ARE: ReadonlySet<MillraceErrorCode> = new Set<MillraceErrorCode>([
  'FENCED',
  'NOT_A_MEMBER',
  'REBALANCE_IN_PROGRESS',
  'RECORD_TOO_LARGE',
  'RECORD_INVALID',
  'TOPIC_MISSING',
  'BROKER_REFUSED',
  'CONFIG_INVALID',
  'LOG_CORRUPT',
])
