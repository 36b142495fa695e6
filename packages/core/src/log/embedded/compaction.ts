import { MillraceError } from '../../errors.ts'
import { BATCH, batchNextOffset } from '../records/index.ts'
import { BatchWalker } from './batch-walker.ts'
import type { LogStorage } from './log-storage.ts'
import { isIntact, MergedBatch } from './merged-batch.ts'
import type { PartitionLog } from './partition-log.ts'

/** Memory for the keys of one pass, bytes (estimated): what does not fit is left for the next pass. */
const KEYS_BYTES = 32 * 1024 * 1024
const ENTRY_BYTES = 80
/** Size of the batches that a pass writes, and how many old ones one of its steps may replace. */
const MERGED_BYTES = 256 * 1024
const MERGED_SOURCES = 512

/** The newest offset of each key between `PartitionState.cleanedTo` and `to`. */
interface NewestOffsets {
  readonly byKey: ReadonlyMap<string, number>
  readonly to: number
}

/** Is the share of the partition that compaction has not seen large enough for a pass? */
export function isDirty({ settings, state }: PartitionLog): boolean {
  const dirty = state.bytes - state.cleanBytes
  return settings.compact && dirty >= settings.segmentBytes && dirty >= settings.minCleanableDirtyRatio * state.bytes
}

/**
 * One pass of compaction over a partition, as Kafka's log cleaner does it: learns the newest offset of each key in what came
 * since the last pass, then walks over the partition from its beginning and leaves out every record that a newer one of its
 * key supersedes. The rest keeps its offset and order. Tombstones go in the first pass that begins `delete.retention.ms`
 * after a pass has seen them, so that whoever reads on meanwhile learns of the deletion.
 *
 * Old batches are replaced by a merged one in atomic steps that leave the log equivalent, so a pass may end anywhere; commits
 * and reads go on between the steps.
 */
export async function compactPartition(storage: LogStorage, log: PartitionLog, stopped: () => boolean): Promise<void> {
  const now = Date.now()
  const { horizonOffset, horizonAt } = log.state
  const tombstonesBefore = now - horizonAt >= log.settings.deleteRetentionMs ? horizonOffset : 0
  const newest = await newestOffsets(storage, log, stopped)
  const pass = new CompactionPass(storage, log, newest, tombstonesBefore)
  for await (const batch of batches(storage, log, 0, newest.to, stopped)) await pass.visit(batch)
  await pass.flush()
  if (stopped()) return
  await storage.queue.submit({
    prepare: (operations) => {
      if (log.deleted) return
      log.state.cleanedTo = newest.to
      log.state.cleanBytes = pass.keptBytes
      if (horizonOffset === 0 || tombstonesBefore > 0) {
        log.state.horizonOffset = newest.to
        log.state.horizonAt = now
      }
      log.store(operations)
    },
  })
}

async function newestOffsets(storage: LogStorage, log: PartitionLog, stopped: () => boolean): Promise<NewestOffsets> {
  const byKey = new Map<string, number>()
  const { cleanedTo } = log.state
  const end = log.endOffset
  let bytes = 0
  for await (const batch of batches(storage, log, cleanedTo, end, stopped)) {
    const walker = new BatchWalker(batch)
    while (walker.next()) {
      const key = walker.key()
      if (!byKey.has(key)) bytes += key.length + ENTRY_BYTES
      byKey.set(key, walker.offset)
    }
    if (bytes >= KEYS_BYTES) return { byKey, to: batchNextOffset(batch, 0) }
  }
  return { byKey, to: end }
}

class CompactionPass {
  /** Of all batches that are left of what the pass went over. */
  keptBytes = 0
  readonly #storage: LogStorage
  readonly #log: PartitionLog
  readonly #newest: NewestOffsets
  readonly #tombstonesBefore: number
  readonly #merged = new MergedBatch(MERGED_BYTES + 16 * 1024)
  #sources: Buffer[] = []
  #removed = 0

  constructor(storage: LogStorage, log: PartitionLog, newest: NewestOffsets, tombstonesBefore: number) {
    this.#storage = storage
    this.#log = log
    this.#newest = newest
    this.#tombstonesBefore = tombstonesBefore
  }

  async visit(batch: Buffer): Promise<void> {
    const superseded = this.#countSuperseded(batch)
    // A batch that loses nothing and is large enough stays where it is.
    if (superseded === 0 && batch.length >= MERGED_BYTES / 2) {
      await this.flush()
      this.keptBytes += batch.length
      return
    }
    if (!this.#merged.reaches(batchNextOffset(batch, 0) - 1)) await this.flush()
    const walker = new BatchWalker(batch)
    while (walker.next()) if (this.#keeps(walker)) this.#merged.add(walker)
    this.#sources.push(batch)
    this.#removed += superseded
    if (this.#merged.size >= MERGED_BYTES || this.#sources.length >= MERGED_SOURCES) await this.flush()
  }

  /** Replaces the batches visited since the last flush. */
  async flush(): Promise<void> {
    const sources = this.#sources
    const last = sources.at(-1)
    if (last === undefined) return
    const merged = this.#merged.count === 0 ? null : this.#merged.finish(batchNextOffset(last, 0) - 1)
    const unchanged = sources.length === 1 && this.#removed === 0
    this.#sources = []
    this.#removed = 0
    this.keptBytes += unchanged ? last.length : (merged?.length ?? 0)
    if (unchanged) return
    await this.#storage.queue.submit({
      prepare: (operations) => {
        if (!this.#log.deleted) this.#log.replace(sources, merged, operations)
      },
    })
  }

  #countSuperseded(batch: Buffer): number {
    let superseded = 0
    const walker = new BatchWalker(batch)
    while (walker.next()) if (!this.#keeps(walker)) superseded++
    return superseded
  }

  #keeps(record: BatchWalker): boolean {
    const newest = this.#newest.byKey.get(record.key())
    if (newest !== undefined && newest > record.offset) return false
    return !(record.tombstone && record.offset < this.#tombstonesBefore)
  }
}

/** The batches from the one that holds `from` up to the offset `to`, with a turn of the event loop before each. */
async function* batches(
  storage: LogStorage,
  log: PartitionLog,
  from: number,
  to: number,
  stopped: () => boolean,
): AsyncGenerator<Buffer, void> {
  const cursor = storage.engine.cursor(log.batchesFrom(from))
  try {
    for (;;) {
      const entries = await cursor.next(16)
      if (entries.length === 0) return
      for (const [, batch] of entries) {
        await new Promise((resolve) => setImmediate(resolve))
        if (stopped() || log.deleted || batchNextOffset(batch, 0) > to) return
        checkIntact(storage, log, batch)
        yield batch
      }
    }
  } finally {
    await cursor.close()
  }
}

function checkIntact(storage: LogStorage, { topic, partition }: PartitionLog, batch: Buffer): void {
  if (isIntact(batch)) return
  const offset = batch.length < BATCH.records ? -1 : batchNextOffset(batch, 0) - 1
  throw new MillraceError(
    'LOG_CORRUPT',
    `A batch of ${topic}/${partition} in the embedded log at ${storage.engine.location}, up to offset ${offset}, is damaged: its ` +
      'checksum does not match. The partition is not compacted any more. Restore the folder from a backup.',
    { location: { topic, partition, offset, file: storage.engine.location } },
  )
}
