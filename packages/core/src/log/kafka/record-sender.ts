import { MillraceError } from '../../errors.ts'
import type { TopicPartitionKey } from '../log.ts'
import { topicPartitionKey } from '../topic-partition.ts'
import type { Wire } from './connect/index.ts'
import { asError, BrokerError, ERROR } from './errors.ts'
import type { PartitionQueue, SealedBatch } from './partition-queue.ts'
import { PendingBatches } from './pending-batches.ts'
import { TOPIC_GRACE_MS } from './retry.ts'
import { NO_PRODUCER, type ProducedPartition, produceApi, type ProducerIdentity } from './wire/index.ts'

const MAX_REQUEST_BYTES = 8 * 1024 * 1024
const MAX_REQUESTS_PER_NODE = 5

export interface RecordSenderOptions {
  readonly wire: Wire
  readonly transactionalId: string | null
  /** Largest batch, bytes. */
  readonly maxBatchBytes: number
  /** Makes partitions part of the transaction: before that nothing may be sent to them. Not called without a transactional id. */
  readonly enlist: (partitions: readonly PartitionQueue[]) => Promise<void>
}

/**
 * Sends batches as an idempotent producer does (KIP-98): sequence numbers let the broker drop what arrives twice, so that every
 * retriable error is retried with the same bytes. Each partition has one batch under way, each request many partitions. Any
 * other error stops the sender until it is restarted with another producer identity.
 *
 * A broker forgets the sequence numbers of a producer when its newest record is older than `producer.id.expiration.ms`, by the
 * record's own time, unless a transaction is open. So without transactions, records with old event times may be doubled when a
 * broker restarts between appending and answering.
 */
export class RecordSender {
  readonly batches: PendingBatches
  readonly #options: RecordSenderOptions
  /** Requests under way, by node. */
  readonly #requests = new Map<number, number>()
  #producer: ProducerIdentity = NO_PRODUCER
  /** Later generations wait: they belong to the next commit. */
  #sendable = 0
  #failure: Error | null = null
  #enlisting = false
  #refreshing = false
  #pumpPlanned = false
  #inFlight = 0
  #timer: NodeJS.Timeout | null = null
  #changed: (() => void)[] = []

  constructor(options: RecordSenderOptions) {
    this.#options = options
    this.batches = new PendingBatches(options.maxBatchBytes)
  }

  /** The error that stopped it. */
  get failure(): Error | null {
    return this.#failure
  }

  /** True when something was appended or acknowledged since the last `takeNextOffsets`. */
  get dirty(): boolean {
    return this.batches.bytes > 0 || this.batches.queues.some((queue) => queue.nextOffset >= 0 || queue.enlisted)
  }

  /** To be called after appending: sends full batches; lets the transaction learn of its partitions while it is being filled. */
  appended(sealed: boolean): void {
    if (sealed) this.#pump()
    else if (!this.#pumpPlanned && this.#options.transactionalId !== null) {
      this.#pumpPlanned = true
      setImmediate(() => this.#pump())
    }
  }

  /** Resolves when everything appended so far is acknowledged. @throws what stopped the sender */
  async flush(): Promise<void> {
    const generation = this.batches.endGeneration()
    this.#sendable = this.batches.generation
    await this.#acknowledged(generation)
  }

  /** The same, and holds back what is appended later, until `takeNextOffsets` or `drop`. */
  async flushForCommit(): Promise<void> {
    const generation = this.batches.endGeneration()
    this.#sendable = generation
    await this.#acknowledged(generation)
  }

  /** Ends a commit: the offsets after what was acknowledged since the last one, plus the marker of a transaction. */
  takeNextOffsets(): ReadonlyMap<TopicPartitionKey, number> {
    const marker = this.#options.transactionalId === null ? 0 : 1
    const offsets = new Map<TopicPartitionKey, number>()
    for (const queue of this.batches.queues) {
      if (queue.nextOffset >= 0) offsets.set(queue.key, queue.nextOffset + marker)
    }
    this.endTransaction()
    return offsets
  }

  /** Drops what is not sent, and waits for the outcome of what is. Without a failure then, no restart is needed. */
  async drop(): Promise<void> {
    this.batches.drop(this.#failure === null)
    this.#pump()
    while (this.#inFlight > 0 || this.#enlisting || (this.batches.unsent.size > 0 && this.#failure === null)) await this.#change()
    this.batches.drop(false)
  }

  /** Begins anew with another identity; to be called after `drop`. */
  restart(producer: ProducerIdentity): void {
    this.#producer = producer
    this.#failure = null
    for (const queue of this.batches.queues) queue.restart()
    this.endTransaction()
  }

  /** Stops: nothing is sent any more. */
  fail(error: unknown): void {
    this.#failure ??= asError(error)
    this.#notify()
  }

  /** Forgets the transaction, after it was committed or aborted, and goes on with what was held back. */
  endTransaction(): void {
    for (const queue of this.batches.queues) {
      queue.nextOffset = -1
      queue.enlisted = false
    }
    this.#sendable = this.batches.generation
    this.#pumpPlanned = false
    this.#pump()
  }

  /** Sends what can be sent now. */
  #pump(): void {
    if (this.#failure !== null) return
    const { transactionalId, wire } = this.#options
    if (transactionalId !== null) this.#enlist()
    const now = performance.now()
    const byNode = new Map<number, PartitionQueue[]>()
    let leaderless = false
    for (const queue of this.batches.unsent) {
      const head = queue.sealed[0]
      if (queue.sending || head === undefined || head.generation > this.#sendable) continue
      if (transactionalId !== null && !queue.enlisted) continue
      if (queue.notBefore > now) {
        this.#pumpLater(queue.notBefore - now)
        continue
      }
      const node = wire.cluster.leader(queue)
      if (node === undefined) leaderless = true
      else if (byNode.get(node)?.push(queue) === undefined) byNode.set(node, [queue])
    }
    for (const [node, queues] of byNode) {
      while (queues.length > 0 && (this.#requests.get(node) ?? 0) < MAX_REQUESTS_PER_NODE)
        void this.#send(node, takeRequest(queues))
    }
    if (leaderless) this.#findLeaders()
  }

  #enlist(): void {
    if (this.#enlisting) return
    const between = this.#sendable < this.batches.generation
    const fresh = this.batches.queues.filter((queue) => {
      const head = queue.sealed[0]
      if (queue.enlisted) return false
      return head === undefined ? !between && this.batches.isOpen(queue) : head.generation <= this.#sendable
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
        this.#pump()
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
        const entry = sent.get(topicPartitionKey(answer.topic, answer.partition))
        if (entry !== undefined) this.#answered(...entry, answer)
      }
    } catch (error) {
      for (const [queue, batch] of sent.values()) this.#retry(queue, batch, error)
    }
    for (const [queue] of sent.values()) queue.sending = false
    this.#inFlight--
    this.#requests.set(node, (this.#requests.get(node) ?? 1) - 1)
    this.#notify()
    this.#pump()
  }

  #answered(queue: PartitionQueue, batch: SealedBatch, { topic, partition, error, baseOffset }: ProducedPartition): void {
    if (error === 0) this.batches.acknowledge(queue, batch, baseOffset)
    else if (error !== ERROR.messageTooLarge || !this.batches.split(queue, batch)) {
      this.#retry(queue, batch, new BrokerError(error, `Produce to ${queue.key}`, { topic, partition }))
    }
  }

  #retry(queue: PartitionQueue, batch: SealedBatch, error: unknown): void {
    const { cluster, logger } = this.#options.wire
    const now = performance.now()
    const missing = error instanceof BrokerError && error.code === 'TOPIC_MISSING'
    const patience = missing ? Math.min(TOPIC_GRACE_MS, cluster.retryTimeoutMs) : cluster.retryTimeoutMs
    if (!(error instanceof MillraceError) || !error.retriable || now - batch.firstSentAt > patience) {
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
    const { cluster } = this.#options.wire
    cluster
      .refresh(new Set(Array.from(this.batches.unsent, ({ topic }) => topic)))
      .then(
        () => this.#leadersFound(),
        (error: unknown) => this.fail(error),
      )
      .finally(() => {
        this.#refreshing = false
        this.#pump()
      })
  }

  #leadersFound(): void {
    const { cluster } = this.#options.wire
    for (const queue of this.batches.unsent) {
      const head = queue.sealed[0]
      if (head === undefined || queue.sending || cluster.leader(queue) !== undefined) continue
      const number = cluster.partitions(queue.topic) === undefined ? ERROR.unknownTopicOrPartition : ERROR.leaderNotAvailable
      if (head.firstSentAt === 0) head.firstSentAt = performance.now()
      const { topic, partition } = queue
      this.#retry(queue, head, new BrokerError(number, `Finding the leader of ${queue.key}`, { topic, partition }))
    }
  }

  async #acknowledged(generation: number): Promise<void> {
    this.#pump()
    for (;;) {
      if (this.#failure !== null) throw this.#failure
      if (this.batches.isAcknowledged(generation)) return
      await this.#change()
    }
  }

  #pumpLater(delayMs: number): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#pump()
    }, delayMs)
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve))
  }

  #notify(): void {
    const changed = this.#changed
    this.#changed = []
    for (const resolve of changed) resolve()
  }
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
