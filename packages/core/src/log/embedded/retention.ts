import { batchNextOffset, readInt64, BATCH } from '../records/index.ts'
import type { LogStorage } from './log-storage.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Deletes batches from the front of a partition: those before its start offset (deleteRecords), and, where the policy is
 * delete, those whose newest record is older than `retention.ms` and those that are not needed to hold `retention.bytes`. Whole
 * batches, from the oldest on, as Kafka does with segments.
 */
export async function applyRetention(storage: LogStorage, log: PartitionLog): Promise<void> {
  if (log.state.bytes === 0) return
  const cursor = storage.engine.cursor(log.batchesFrom(0))
  try {
    for (;;) {
      const entries = await cursor.next(16)
      const batches = entries.map(([, batch]) => batch)
      const gone = await removeFront(storage, log, batches)
      if (batches.length === 0 || gone < batches.length) return
    }
  } finally {
    await cursor.close()
  }
}

/** Deletes those of the batches, which are the oldest, that may go; answers how many went. */
async function removeFront(storage: LogStorage, log: PartitionLog, batches: readonly Buffer[]): Promise<number> {
  let gone = 0
  const now = Date.now()
  await storage.queue.submit({
    durable: false,
    prepare: (operations) => {
      if (log.deleted) return
      for (const batch of batches) {
        if (!mayGo(log, batch, now)) break
        log.remove(batch, operations)
        log.state.startOffset = Math.max(log.state.startOffset, batchNextOffset(batch, 0))
        gone++
      }
      if (gone > 0) log.store(operations)
    },
  })
  return gone
}

function mayGo({ state, settings, endOffset }: PartitionLog, batch: Buffer, now: number): boolean {
  const next = batchNextOffset(batch, 0)
  if (next <= state.startOffset) return true
  if (!settings.delete || next > endOffset) return false
  if (readInt64(batch, BATCH.maxTimestamp) < now - settings.retentionMs) return true
  return state.bytes - batch.length >= settings.retentionBytes
}
