import type { ChangelogRecord, TaskState } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { FetchedBatch, Log, LogReader, TopicPartitionKey } from '../log/log.ts'
import type { LogRecord } from '../log/records/index.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import { type ChangelogReplay, type LogOffsets, planRebuild, type RestorePlan } from './restore-plan.ts'
import type { Logger } from './logger.ts'
import type { StreamTaskSpec } from './task-spec.ts'

const POLL_MS = 250
const RETRY_MS = 1_000

export interface RestoreRequest {
  readonly spec: StreamTaskSpec
  readonly state: TaskState
  readonly plan: RestorePlan
  readonly offsets: LogOffsets
}

/** How far restoring has come, over all tasks being restored. */
export interface RestoreProgress {
  readonly tasks: number
  /** Offsets still to be replayed; an upper bound of records. */
  readonly remaining: number
  /** Records replayed since the worker started. */
  readonly restored: number
}

/**
 * Replays changelogs into the stores of tasks, from their checkpoint on. All tasks share one reader. Works beside the
 * running tasks: a batch at a time, in the gaps of the event loop.
 */
export class Restorer {
  readonly #log: Log
  readonly #logger: Logger
  readonly #jobs = new Map<string, Job>()
  #opening: Promise<LogReader> | undefined
  #reader: LogReader | undefined
  #pump: Promise<void> | undefined
  #closed = false
  #restored = 0

  constructor(log: Log, logger: Logger) {
    this.#log = log
    this.#logger = logger
  }

  get progress(): RestoreProgress {
    let remaining = 0
    for (const job of this.#jobs.values()) {
      for (const cursor of job.cursors.values()) remaining += Math.max(0, cursor.replay.to - cursor.position)
    }
    return { tasks: this.#jobs.size, remaining, restored: this.#restored }
  }

  /** Resolves to true when the state is at the end of its changelogs, to false when it was cancelled. */
  async restore(request: RestoreRequest): Promise<boolean> {
    const { spec, state, plan } = request
    if (plan.wipe !== undefined) await this.#wipe(spec, state, plan.wipe)
    const job = new Job(request, plan.replays)
    if (job.complete) return !this.#closed
    this.#jobs.set(spec.id, job)
    this.#logger.info('restore-started', { task: spec.id, offsets: job.remaining })
    const reader = await this.#openReader()
    if (job.cancelled) return false
    reader.assign(job.positions())
    this.#pump ??= this.#run(reader)
    return job.done
  }

  /** Stops restoring a task; resolves when its state is no longer touched. */
  async cancel(taskId: string): Promise<void> {
    const job = this.#jobs.get(taskId)
    if (job === undefined) return
    this.#jobs.delete(taskId)
    job.cancelled = true
    this.#reader?.unassign(job.cursors.keys())
    // Whether it was written or not: the task is closed, and opened from its checkpoint.
    await job.writing.catch(() => undefined)
    job.finish(false)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const id of [...this.#jobs.keys()]) await this.cancel(id)
    this.#reader?.wakeup()
    await this.#pump
    await this.#reader?.close()
  }

  async #openReader(): Promise<LogReader> {
    this.#opening ??= this.#log.openReader({ name: 'restore' })
    try {
      this.#reader = await this.#opening
      return this.#reader
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #run(reader: LogReader): Promise<void> {
    try {
      while (this.#jobs.size > 0 && !this.#closed) {
        for (const batch of await this.#poll(reader)) await this.#apply(reader, batch)
        await new Promise(setImmediate)
      }
    } catch (error) {
      for (const job of this.#jobs.values()) job.fail(error)
      this.#jobs.clear()
    } finally {
      this.#pump = undefined
    }
  }

  /** A changelog can be truncated while it is read: its task begins anew. */
  async #poll(reader: LogReader): Promise<readonly FetchedBatch[]> {
    try {
      return await reader.poll(POLL_MS)
    } catch (error) {
      if (error instanceof MillraceError && error.retriable) {
        this.#logger.warn('restore-retry', { error: error.message, waitMs: RETRY_MS })
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        return []
      }
      if (!(error instanceof MillraceError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error
      const { topic = '', partition = -1 } = error.location
      const at = topicPartitionKey(topic, partition)
      const job = [...this.#jobs.values()].find((candidate) => candidate.cursors.has(at))
      if (job === undefined) throw error
      const { spec, state, offsets } = job.request
      await this.#wipe(spec, state, error.message)
      const partitions = spec.changelogs
      const beginning = await this.#log.admin.beginningOffsets(partitions)
      job.restart(planRebuild(spec, { ...offsets, beginning }))
      reader.assign(job.positions())
      return []
    }
  }

  async #apply(reader: LogReader, batch: FetchedBatch): Promise<void> {
    const key = topicPartitionKey(batch.topic, batch.partition)
    for (const job of this.#jobs.values()) {
      const cursor = job.cursors.get(key)
      if (cursor === undefined) continue
      cursor.position = batch.nextOffset
      this.#restored += batch.records.length
      const { state } = job.request
      const { store, inMemory, isInput, to } = cursor.replay
      const restoredTo = isInput ? Math.min(batch.nextOffset, to) : batch.nextOffset
      const records = isInput ? batch.records.filter((record) => isTableChange(record, to)) : batch.records
      const checkpoint = {
        changelogs: { ...state.checkpoint?.changelogs, ...(!inMemory && { [key]: restoredTo }) },
        inputs: state.checkpoint?.inputs ?? {},
      }
      job.writing = state.restore(store, records.map(changelogRecord), checkpoint)
      await job.writing
      if (cursor.position >= cursor.replay.to) reader.unassign([key])
      if (job.complete && !job.cancelled) this.#finish(job)
      return
    }
  }

  #finish(job: Job): void {
    const { spec } = job.request
    this.#jobs.delete(spec.id)
    this.#logger.info('restore-finished', { task: spec.id })
    job.finish(true)
  }

  async #wipe(spec: StreamTaskSpec, state: TaskState, why: string): Promise<void> {
    this.#logger.warn('state-rebuilt', {
      task: spec.id,
      why,
      action: 'local state of the task deleted, rebuilding it from its changelogs',
    })
    await state.wipe()
  }
}

interface Cursor {
  readonly replay: ChangelogReplay
  position: number
}

/** One task being restored. */
class Job {
  readonly request: RestoreRequest
  readonly done: Promise<boolean>
  cursors: Map<TopicPartitionKey, Cursor> = new Map()
  writing: Promise<void> = Promise.resolve()
  cancelled = false
  readonly finish: (complete: boolean) => void
  readonly fail: (error: unknown) => void

  constructor(request: RestoreRequest, replays: readonly ChangelogReplay[]) {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    this.request = request
    this.done = promise
    this.finish = resolve
    this.fail = reject
    this.restart(replays)
  }

  restart(replays: readonly ChangelogReplay[]): void {
    const open = replays.filter((replay) => replay.from < replay.to)
    this.cursors = new Map(open.map((replay) => [replay.key, { replay, position: replay.from }]))
  }

  get complete(): boolean {
    for (const cursor of this.cursors.values()) if (cursor.position < cursor.replay.to) return false
    return true
  }

  get remaining(): number {
    let sum = 0
    for (const cursor of this.cursors.values()) sum += cursor.replay.to - cursor.position
    return sum
  }

  positions(): ReadonlyMap<TopicPartitionKey, number> {
    return new Map([...this.cursors].map(([key, cursor]) => [key, cursor.position]))
  }
}

/** Of a table's own topic: what its source took, before `end`. */
function isTableChange({ offset, keyStart, timestamp }: LogRecord, end: number): boolean {
  return offset < end && keyStart >= 0 && timestamp >= 0
}

function changelogRecord(record: LogRecord): ChangelogRecord {
  return { key: record.key ?? Buffer.alloc(0), value: record.value, timestamp: record.timestamp }
}
