import type { LogStorage } from './log-storage.ts'
import type { PartitionLog } from './partition-log.ts'
import { applyRetention } from './retention.ts'

/**
 * Keeps the disk bounded, one partition after the other in the background: retention, compaction, and giving space back. Looks
 * at a partition each time it has grown by a segment, and at all of them from time to time.
 */
export class Housekeeper {
  readonly #storage: LogStorage
  readonly #timer: NodeJS.Timeout
  readonly #due = new Set<PartitionLog>()
  #working: Promise<void> | null = null
  #closed = false

  constructor(storage: LogStorage, checkMs: number) {
    this.#storage = storage
    this.#timer = setInterval(() => this.#lookAtAll(), checkMs)
    this.#timer.unref()
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
    for (const partition of this.#due) {
      this.#due.delete(partition)
      await applyRetention(this.#storage, partition)
    }
    this.#working = null
  }
}
