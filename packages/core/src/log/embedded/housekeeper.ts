import type { Logger } from '../../runtime/logger.ts'
import { compactPartition, isDirty } from './compaction.ts'
import { dataKey } from './keys.ts'
import type { LogStorage } from './log-storage.ts'
import type { PartitionLog } from './partition-log.ts'
import { applyRetention } from './retention.ts'

/** Deleted bytes at which the database is told to give a partition's space back, in segments. */
const RECLAIM_SEGMENTS = 4

/**
 * Keeps the disk bounded, one partition after the other in the background: retention, compaction, and giving space back. Looks
 * at a partition each time it has grown by a segment, and at all of them from time to time.
 */
export class Housekeeper {
  readonly #storage: LogStorage
  readonly #logger: Logger | undefined
  readonly #timer: NodeJS.Timeout
  readonly #due = new Set<PartitionLog>()
  #working: Promise<void> | null = null
  #closed = false

  constructor(storage: LogStorage, checkMs: number, logger: Logger | undefined) {
    this.#storage = storage
    this.#logger = logger
    this.#timer = setInterval(() => this.#lookAtAll(), checkMs)
    this.#timer.unref()
    storage.onGrown = (partition) => this.lookAt(partition)
  }

  lookAt(partition: PartitionLog): void {
    if (this.#closed) return
    this.#due.add(partition)
    this.#working ??= this.#work()
  }

  /** Lets the step that is under way finish. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    this.#due.clear()
    await this.#working
  }

  #lookAtAll(): void {
    for (const topic of this.#storage.topics.values()) for (const partition of topic.partitions) this.lookAt(partition)
  }

  async #work(): Promise<void> {
    // Not within the commit that made the partition due.
    await new Promise((resolve) => setImmediate(resolve))
    for (const partition of this.#due) {
      this.#due.delete(partition)
      try {
        await this.#keepBounded(partition)
      } catch (error) {
        const { topic, partition: number } = partition
        const reason = error instanceof Error ? error.message : String(error)
        this.#logger?.error('log.housekeeping-failed', { topic, partition: number, reason })
      }
    }
    this.#working = null
  }

  async #keepBounded(partition: PartitionLog): Promise<void> {
    partition.grownBytes = 0
    await applyRetention(this.#storage, partition)
    while (!this.#closed && !partition.deleted && isDirty(partition)) {
      await compactPartition(this.#storage, partition, () => this.#closed)
    }
    const { settings, state, topicId, partition: number } = partition
    if (this.#closed || partition.deleted || partition.reclaimableBytes < RECLAIM_SEGMENTS * settings.segmentBytes) return
    partition.reclaimableBytes = 0
    // Only where something was deleted: giving space back rewrites what is alive in the range.
    const end = settings.compact ? state.cleanedTo : state.startOffset
    await this.#storage.engine.compact({ gte: dataKey(topicId, number, 0), lt: dataKey(topicId, number, end) })
  }
}
