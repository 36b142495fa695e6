import type { Encoded, Headers } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'
import type { TopicPartitionKey } from '../log.ts'
import { BATCH, RecordBatchBuilder } from '../records/index.ts'
import type { Wire } from './connect/index.ts'
import { BrokerError, ERROR } from './errors.ts'
import { PartitionQueue, type SealedBatch } from './partition-queue.ts'
import { NO_PRODUCER, type ProducedPartition, produceApi, type ProducerIdentity } from './wire/index.ts'

/** A batch that has grown to this is sent without waiting for a flush. */
const SEAL_BYTES = 256 * 1024
const MAX_REQUEST_BYTES = 8 * 1024 * 1024
const MAX_REQUESTS_PER_NODE = 5
/** Builders kept for reuse. */
const SPARE_BUILDERS = 64

export interface RecordSenderOptions {
  readonly wire: Wire
  readonly transactionalId: string | null
  /** Largest batch, bytes: what brokers accept by default is 1 MiB. */
  readonly maxBatchBytes: number
  /** Makes partitions part of the transaction; before that nothing may be sent to them. Not called without a transactional id. */
  readonly enlist: (partitions: readonly PartitionQueue[]) => Promise<void>
}

/**
 * Collects records in batches by partition and sends them as an idempotent producer does (KIP-98): sequence numbers let the
 * broker drop what arrives twice, so that every retriable error is retried with the same bytes. Any other error stops the
 * sender until it is restarted with a new producer identity.
 */
export class RecordSender {
  readonly #options: RecordSenderOptions
  readonly #topics = new Map<string, (PartitionQueue | undefined)[]>()
  readonly #queues: PartitionQueue[] = []
  /** Queues with an open batch. */
  readonly #open = new Set<PartitionQueue>()
  /** Queues with sealed batches. */
  readonly #unsent = new Set<PartitionQueue>()
  readonly #requests = new Map<number, number>()
  readonly #spare: RecordBatchBuilder[] = []
  /** Sealed batches that are not acknowledged, by generation. */
  readonly #unacknowledged = new Map<number, number>()
  #producer: ProducerIdentity = NO_PRODUCER
  #generation = 0
  /** Later generations wait: they belong to the next commit. */
  #sendable = 0
  #pendingBytes = 0
  #failure: unknown = null
  #enlisting = false
  #refreshing = false
  #inFlight = 0
  #timer: NodeJS.Timeout | null = null
  #changed: (() => void)[] = []

  constructor(options: RecordSenderOptions) {
    this.#options = options
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** The error that stopped it. */
  get failure(): unknown {
    return this.#failure
  }

  /** True when something was appended or acknowledged since the last `takeNextOffsets`. */
  get dirty(): boolean {
    return this.#pendingBytes > 0 || this.#queues.some((queue) => queue.nextOffset >= 0 || queue.enlisted)
  }

  /** Tells the partition count of a topic, before anything is appended to it. */
  learn(topic: string, partitions: number): void {
    const queues = this.#topics.get(topic) ?? []
    queues.length = Math.max(queues.length, partitions)
    this.#topics.set(topic, queues)
  }

  /** See LogWriter.append. After a failure records are dropped: the next flush or commit says why. */
  append(
    topic: string,
    partition: number,
    timestamp: number,
    key: Encoded | null,
    value: Encoded | null,
    headers: Headers | undefined,
  ): void {
    if (this.#failure !== null) return
    const queue = this.#topics.get(topic)?.[partition] ?? this.#addQueue(topic, partition)
    let builder = queue.open ?? this.#begin(queue)
    let before = builder.size
    if (!builder.append(timestamp, key, value, headers)) {
      if (builder.count > 0) {
        this.#seal(queue, builder)
        builder = this.#begin(queue)
        before = builder.size
        if (!builder.append(timestamp, key, value, headers)) throw this.#tooLarge(queue)
      } else {
        throw this.#tooLarge(queue)
      }
    }
    this.#pendingBytes += builder.size - before
    if (builder.size >= SEAL_BYTES) {
      this.#seal(queue, builder)
      this.pump()
    }
  }

  /** Resolves when everything appended so far is acknowledged. @throws what stopped the sender */
  async flush(): Promise<void> {
    const generation = this.#close()
    this.#sendable = this.#generation
    await this.#acknowledged(generation)
  }

  /** The same, and holds back what is appended later, until `takeNextOffsets` or a restart. */
  async flushForCommit(): Promise<void> {
    const generation = this.#close()
    this.#sendable = generation
    await this.#acknowledged(generation)
  }

  /** Ends a commit: the offsets after what was acknowledged since the last one, plus the marker of a transaction. */
  takeNextOffsets(): ReadonlyMap<TopicPartitionKey, number> {
    const marker = this.#options.transactionalId === null ? 0 : 1
    const offsets = new Map<TopicPartitionKey, number>()
    for (const queue of this.#queues) {
      if (queue.nextOffset >= 0) offsets.set(queue.key, queue.nextOffset + marker)
      queue.nextOffset = -1
      queue.enlisted = false
    }
    this.#sendable = this.#generation
    this.pump()
    return offsets
  }

  /** Drops what is not sent, waits for what is, and stays clean if that went well: then no restart is needed. */
  async drop(): Promise<void> {
    for (const queue of this.#open) {
      if (queue.open !== null) this.#recycle(queue.open)
      queue.open = null
    }
    this.#open.clear()
    for (const queue of this.#unsent) {
      // A batch that was sent once has a sequence number: it can't be taken back, only be answered or given up with it.
      const [head] = queue.sealed
      const kept = head !== undefined && head.firstSentAt > 0 && this.#failure === null ? 1 : 0
      for (const batch of queue.sealed.splice(kept)) this.#forget(batch)
      if (queue.sealed.length === 0) this.#unsent.delete(queue)
    }
    this.pump()
    while (this.#inFlight > 0 || this.#enlisting || (this.#unsent.size > 0 && this.#failure === null)) await this.#change()
    for (const queue of this.#queues) {
      for (const batch of queue.sealed.splice(0)) this.#forget(batch)
      queue.nextOffset = -1
    }
    this.#unsent.clear()
    this.#sendable = this.#generation
  }

  /** Forgets the transaction's partitions, after it was aborted. */
  endTransaction(): void {
    for (const queue of this.#queues) queue.enlisted = false
  }

  /** Begins anew with another identity; to be called after `drop`. */
  restart(producer: ProducerIdentity): void {
    this.#producer = producer
    this.#failure = null
    for (const queue of this.#queues) {
      queue.restart()
      queue.enlisted = false
    }
  }

  /** Stops: nothing is sent any more. */
  fail(error: unknown): void {
    this.#failure ??= error
    this.#notify()
  }

  /** Sends what can be sent now. */
  pump(): void {
    if (this.#failure !== null) return
    if (this.#options.transactionalId !== null) this.#enlist()
    if (this.#unsent.size === 0) return
    const now = performance.now()
    const byNode = new Map<number, PartitionQueue[]>()
    let leaderless = false
    for (const queue of this.#unsent) {
      const head = queue.sealed[0]
      if (queue.sending || head === undefined || head.generation > this.#sendable) continue
      if (this.#options.transactionalId !== null && !queue.enlisted) continue
      if (queue.notBefore > now) {
        this.#pumpLater(queue.notBefore - now)
        continue
      }
      const node = this.#options.wire.cluster.leader(queue)
      if (node === undefined) leaderless = true
      else if (byNode.get(node)?.push(queue) === undefined) byNode.set(node, [queue])
    }
    for (const [node, queues] of byNode) {
      while (queues.length > 0 && (this.#requests.get(node) ?? 0) < MAX_REQUESTS_PER_NODE)
        void this.#send(node, takeRequest(queues))
    }
    if (leaderless) this.#findLeaders()
  }

  #addQueue(topic: string, partition: number): PartitionQueue {
    const queues = this.#topics.get(topic)
    if (queues === undefined || !Number.isInteger(partition) || partition < 0 || partition >= queues.length) {
      const why = queues === undefined ? 'its partitions are not known; call prepare first' : `it has ${queues.length} partitions`
      throw new MillraceError('TOPIC_MISSING', `Can't append to ${topic}/${partition}: ${why}.`, {
        location: { topic, partition },
      })
    }
    const queue = new PartitionQueue(topic, partition)
    queues[partition] = queue
    this.#queues.push(queue)
    return queue
  }

  #begin(queue: PartitionQueue): RecordBatchBuilder {
    const builder = this.#spare.pop() ?? new RecordBatchBuilder({ maxBytes: this.#options.maxBatchBytes })
    queue.open = builder
    // The transaction learns of its partitions while it is being filled, not first at its end.
    if (this.#open.size === 0 && this.#options.transactionalId !== null) setImmediate(() => this.pump())
    this.#open.add(queue)
    return builder
  }

  #seal(queue: PartitionQueue, builder: RecordBatchBuilder): void {
    queue.sealed.push({ builder, generation: this.#generation, bytes: null, firstSentAt: 0 })
    queue.open = null
    this.#open.delete(queue)
    this.#unsent.add(queue)
    this.#unacknowledged.set(this.#generation, (this.#unacknowledged.get(this.#generation) ?? 0) + 1)
  }

  /** Seals all open batches and begins another generation; returns the one that ended. */
  #close(): number {
    for (const queue of this.#open) {
      if (queue.open !== null && queue.open.count > 0) this.#seal(queue, queue.open)
    }
    return this.#generation++
  }

  async #acknowledged(generation: number): Promise<void> {
    this.pump()
    for (;;) {
      if (this.#failure !== null) throw this.#failure
      let waiting = false
      for (const older of this.#unacknowledged.keys()) if (older <= generation) waiting = true
      if (!waiting) return
      await this.#change()
    }
  }

  #enlist(): void {
    if (this.#enlisting) return
    const fresh = this.#queues.filter((queue) => {
      if (queue.enlisted) return false
      const head = queue.sealed[0]
      return head === undefined ? this.#sendable === this.#generation && this.#open.has(queue) : head.generation <= this.#sendable
    })
    if (fresh.length === 0) return
    this.#enlisting = true
    this.#options
      .enlist(fresh)
      .then(
        () => {
          for (const queue of fresh) queue.enlisted = true
        },
        (error: unknown) => this.fail(error),
      )
      .finally(() => {
        this.#enlisting = false
        this.#notify()
        this.pump()
      })
  }

  async #send(node: number, queues: readonly PartitionQueue[]): Promise<void> {
    const { wire, transactionalId } = this.#options
    const now = performance.now()
    const header = { ...this.#producer, transactional: transactionalId !== null }
    const sent = new Map<TopicPartitionKey, readonly [PartitionQueue, SealedBatch]>()
    const batches: { topic: string; partition: number; bytes: Buffer }[] = []
    for (const queue of queues) {
      const batch = queue.sealed[0]
      if (batch === undefined) continue
      queue.sending = true
      if (batch.firstSentAt === 0) batch.firstSentAt = now
      sent.set(queue.key, [queue, batch])
      batches.push({ topic: queue.topic, partition: queue.partition, bytes: queue.finishHead(batch, header) })
    }
    this.#inFlight++
    this.#requests.set(node, (this.#requests.get(node) ?? 0) + 1)
    try {
      const answers = await wire.send(node, produceApi, { transactionalId, timeoutMs: wire.cluster.requestTimeoutMs, batches })
      for (const answer of answers) {
        const entry = sent.get(`${answer.topic}/${answer.partition}`)
        if (entry !== undefined) this.#answered(...entry, answer)
      }
    } catch (error) {
      for (const [queue, batch] of sent.values()) this.#retry(queue, batch, error)
    }
    for (const [queue] of sent.values()) queue.sending = false
    this.#inFlight--
    this.#requests.set(node, (this.#requests.get(node) ?? 1) - 1)
    this.#notify()
    this.pump()
  }

  #answered(queue: PartitionQueue, batch: SealedBatch, { error, baseOffset }: ProducedPartition): void {
    if (error === 0) {
      queue.nextOffset = baseOffset + batch.builder.count
      queue.failures = 0
      queue.sealed.shift()
      if (queue.sealed.length === 0) this.#unsent.delete(queue)
      this.#forget(batch)
    } else if (error === ERROR.messageTooLarge && batch.builder.count > 1) {
      queue.splitHead(batch, this.#options.maxBatchBytes)
      this.#pendingBytes -= payloadBytes(batch.builder)
      for (const half of queue.sealed.slice(0, 2)) this.#pendingBytes += payloadBytes(half.builder)
      this.#unacknowledged.set(batch.generation, (this.#unacknowledged.get(batch.generation) ?? 0) + 1)
    } else {
      const { topic, partition } = queue
      this.#retry(queue, batch, new BrokerError(error, `Produce to ${queue.key}`, { topic, partition }))
    }
  }

  #retry(queue: PartitionQueue, batch: SealedBatch, error: unknown): void {
    const { cluster, logger } = this.#options.wire
    const now = performance.now()
    const retriable = error instanceof MillraceError && error.retriable
    if (!retriable || now - batch.firstSentAt > cluster.retryTimeoutMs) {
      this.fail(error)
      return
    }
    logger.debug('kafka-produce-retry', { partition: queue.key, error: error.message })
    queue.backOff(now)
    if (!(error instanceof BrokerError) || error.recovery !== 'wait') this.#findLeaders()
  }

  #findLeaders(): void {
    if (this.#refreshing) return
    this.#refreshing = true
    const topics = new Set(Array.from(this.#unsent, ({ topic }) => topic))
    this.#options.wire.cluster
      .refresh(topics)
      .then(
        () => {
          const now = performance.now()
          for (const queue of this.#unsent) {
            const [head] = queue.sealed
            if (head === undefined || this.#options.wire.cluster.leader(queue) !== undefined) continue
            if (head.firstSentAt === 0) head.firstSentAt = now
            const missing = this.#options.wire.cluster.partitions(queue.topic) === undefined
            const { topic, partition } = queue
            const error = new BrokerError(missing ? 3 : 5, `Finding the leader of ${queue.key}`, { topic, partition })
            if (now - head.firstSentAt > this.#options.wire.cluster.retryTimeoutMs) this.fail(error)
            queue.backOff(now)
          }
        },
        (error: unknown) => this.fail(error),
      )
      .finally(() => {
        this.#refreshing = false
        this.pump()
      })
  }

  #pumpLater(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.pump()
    }, delayMs)
  }

  /** A batch that was acknowledged or given up. */
  #forget({ builder, generation }: SealedBatch): void {
    const left = (this.#unacknowledged.get(generation) ?? 1) - 1
    if (left === 0) this.#unacknowledged.delete(generation)
    else this.#unacknowledged.set(generation, left)
    this.#recycle(builder)
  }

  #recycle(builder: RecordBatchBuilder): void {
    this.#pendingBytes -= payloadBytes(builder)
    builder.reset()
    if (this.#spare.length < SPARE_BUILDERS) this.#spare.push(builder)
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve))
  }

  #notify(): void {
    const changed = this.#changed
    this.#changed = []
    for (const resolve of changed) resolve()
  }

  #tooLarge({ topic, partition }: PartitionQueue): MillraceError {
    return new MillraceError(
      'RECORD_TOO_LARGE',
      `A record for ${topic}/${partition} does not fit into a batch of ${this.#options.maxBatchBytes} bytes. Raise maxBatchBytes of the Kafka options and the topic's max.message.bytes, or make the record smaller.`,
      { location: { topic, partition } },
    )
  }
}

function payloadBytes(builder: RecordBatchBuilder): number {
  return builder.size - BATCH.records
}

/** Takes from the front what fits into one request. */
function takeRequest(queues: PartitionQueue[]): PartitionQueue[] {
  let bytes = 0
  let count = 0
  for (const queue of queues) {
    bytes += queue.sealed[0]?.builder.size ?? 0
    if (count > 0 && bytes > MAX_REQUEST_BYTES) break
    count++
  }
  return queues.splice(0, count)
}
