import type { LogAdmin, TopicPartitionKey } from '../log/log.ts'
import { parseTopicPartition } from '../log/topic-partition.ts'
import type { TopologyPlan } from '../plan/index.ts'
import type { Logger } from './logger.ts'

/** As Kafka Streams' repartition.purge.interval.ms. */
const INTERVAL_MS = 30_000

/**
 * Deletes what was read from repartition topics, which are kept without a time limit: now and then, after a commit, one
 * request at a time, and without anybody waiting for it.
 */
export class RepartitionPurge {
  readonly #admin: LogAdmin
  readonly #logger: Logger
  readonly #topics: ReadonlySet<string>
  readonly #read = new Map<TopicPartitionKey, number>()
  #nextAt = 0
  #busy = false

  constructor(admin: LogAdmin, logger: Logger, plan: TopologyPlan) {
    this.#admin = admin
    this.#logger = logger
    this.#topics = new Set([...plan.topics.values()].filter(({ role }) => role === 'repartition').map(({ topic }) => topic))
  }

  /** Everything before these offsets has been processed and committed. */
  committed(offsets: ReadonlyMap<TopicPartitionKey, number>, now: number): void {
    if (this.#topics.size === 0) return
    for (const [key, offset] of offsets) {
      if (offset > 0 && this.#topics.has(parseTopicPartition(key).topic)) this.#read.set(key, offset)
    }
    if (now < this.#nextAt || this.#busy || this.#read.size === 0) return
    this.#nextAt = now + INTERVAL_MS
    void this.#delete()
  }

  async #delete(): Promise<void> {
    this.#busy = true
    const before = new Map(this.#read)
    this.#read.clear()
    try {
      await this.#admin.deleteRecords(before)
    } catch (error) {
      this.#logger.warn('repartition-purge-failed', { error: String(error) })
    } finally {
      this.#busy = false
    }
  }
}
