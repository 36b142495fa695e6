import type { EngineOperation, EngineRange } from '@millrace/state-store'
import type { TopicPartition } from '../log.ts'
import { batchNextOffset, setBaseOffset } from '../records/index.ts'
import { dataEnd, dataKey, partitionKey } from './keys.ts'
import type { TopicSettings } from './topic-config.ts'

/** What is stored of a partition beside its batches; each change of it is written in the batch that it belongs to. */
export interface PartitionState {
  /** Everything before is deleted (the batch that holds it may begin earlier). */
  startOffset: number
  /** Offset of the next record that a commit writes. */
  nextOffset: number
  /** Of all stored batches. */
  bytes: number
  /** Compaction has seen everything before this offset, which took `cleanBytes` afterwards. */
  cleanedTo: number
  cleanBytes: number
  /** Everything before `horizonOffset` had been compacted once at the time `horizonAt` (ms): from when tombstones age. */
  horizonOffset: number
  horizonAt: number
}

/** How a reader at the end learns of a commit: synchronously, by being handed its batches, in order. */
export interface PartitionFollower {
  onPublished(batches: readonly Buffer[], previousEnd: number): void
  onDeleted(): void
}

/** One partition: its offsets, where its batches lie, and who follows its end. Belongs to LogStorage. */
export class PartitionLog implements TopicPartition {
  readonly topicId: number
  readonly topic: string
  readonly partition: number
  readonly settings: TopicSettings
  readonly state: PartitionState
  readonly followers: Set<PartitionFollower> = new Set()
  /** Offset after the last record that readers may see; behind `state.nextOffset` while a commit is being written. */
  endOffset: number
  #deleted = false
  /** Bytes written since retention and compaction last looked. */
  grownBytes = 0
  /** Bytes deleted since the database was last told to give space back. */
  reclaimableBytes = 0

  readonly #onGrown: (partition: PartitionLog) => void

  /** `onGrown` is called when a segment more has been written: retention and compaction should look at the partition. */
  constructor(
    topicId: number,
    topic: string,
    partition: number,
    settings: TopicSettings,
    onGrown: (partition: PartitionLog) => void,
    state?: PartitionState,
  ) {
    this.#onGrown = onGrown
    this.topicId = topicId
    this.topic = topic
    this.partition = partition
    this.settings = settings
    this.state = state ?? {
      startOffset: 0,
      nextOffset: 0,
      bytes: 0,
      cleanedTo: 0,
      cleanBytes: 0,
      horizonOffset: 0,
      horizonAt: 0,
    }
    this.endOffset = this.state.nextOffset
  }

  /** The topic was deleted: nothing more may be written. */
  get deleted(): boolean {
    return this.#deleted
  }

  delete(): void {
    this.#deleted = true
    for (const follower of this.followers) follower.onDeleted()
  }

  /** The batches that hold `from` or something later. */
  batchesFrom(from: number): EngineRange {
    return { gte: dataKey(this.topicId, this.partition, from), lt: dataEnd(this.topicId, this.partition) }
  }

  /** Gives the batches their offsets and adds them to an atomic write. */
  append(batches: readonly Buffer[], operations: EngineOperation[]): void {
    const { state } = this
    for (const batch of batches) {
      setBaseOffset(batch, 0, state.nextOffset)
      state.nextOffset = batchNextOffset(batch, 0)
      state.bytes += batch.length
      this.grownBytes += batch.length
      operations.push({ type: 'put', key: dataKey(this.topicId, this.partition, state.nextOffset - 1), value: batch })
    }
    this.store(operations)
  }

  /** Adds the deletion of a stored batch to an atomic write; `store` must follow. */
  remove(batch: Buffer, operations: EngineOperation[]): void {
    const { state } = this
    const next = batchNextOffset(batch, 0)
    operations.push({ type: 'delete', key: dataKey(this.topicId, this.partition, next - 1) })
    state.bytes -= batch.length
    this.reclaimableBytes += batch.length
    if (next <= state.cleanedTo) state.cleanBytes -= batch.length
  }

  /** Puts one batch, or none, in the place of stored ones that it holds the rest of. */
  replace(sources: readonly Buffer[], merged: Buffer | null, operations: EngineOperation[]): void {
    for (const source of sources) this.remove(source, operations)
    if (merged !== null) {
      const lastOffset = batchNextOffset(merged, 0) - 1
      operations.push({ type: 'put', key: dataKey(this.topicId, this.partition, lastOffset), value: merged })
      this.state.bytes += merged.length
    }
    this.store(operations)
  }

  /** Adds what is known of the partition to an atomic write. */
  store(operations: EngineOperation[]): void {
    operations.push({ type: 'put', key: partitionKey(this.topicId, this.partition), value: JSON.stringify(this.state) })
  }

  /** Makes batches that have been written visible. */
  publish(batches: readonly Buffer[]): void {
    const last = batches.at(-1)
    if (last === undefined) return
    const previousEnd = this.endOffset
    this.endOffset = batchNextOffset(last, 0)
    for (const follower of this.followers) follower.onPublished(batches, previousEnd)
    if (this.grownBytes >= this.settings.segmentBytes) this.#onGrown(this)
  }
}
