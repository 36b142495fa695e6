import type { Checkpoint } from '@millrace/state-store'
import type { GroupIdentity, TopicPartitionKey } from '../log/log.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import type { StreamTask } from './stream-task.ts'
import { streamTimeMetadata } from './stream-time-metadata.ts'
import type { WorkerOutput } from './worker-output.ts'

export interface CommitRequest {
  /** All running tasks of the worker; none of them is busy. */
  readonly tasks: readonly StreamTask[]
  readonly identity: GroupIdentity
  /** Further offsets, for the group's eyes only (the sinks' progress). */
  readonly offsets: ReadonlyMap<TopicPartitionKey, number>
}

/**
 * The commit protocol (ARCHITECTURE.md, "Committing"):
 * 1. flush the caches downstream: outputs and changelog records;
 * 2. and 3. send them with the input offsets and end the transaction (one for all tasks, fenced by the group's generation);
 * 4. write one LevelDB batch per task: what is dirty, and the checkpoint.
 *
 * A crash between 3 and 4 leaves checkpoints behind their changelogs: restoring replays that tail. An error in 1 to 3
 * leaves LevelDB as it was: the caller drops the caches and goes back to the committed offsets.
 */
export class Committer {
  readonly #output: WorkerOutput
  readonly #exactlyOnce: boolean
  readonly #failed: (task: StreamTask, error: unknown) => never

  /** @param failed is told whose flush or state failed, and throws the error on */
  constructor(
    output: WorkerOutput,
    guarantee: 'exactly-once' | 'at-least-once',
    failed: (task: StreamTask, error: unknown) => never,
  ) {
    this.#output = output
    this.#exactlyOnce = guarantee === 'exactly-once'
    this.#failed = failed
  }

  /** Resolves to the tasks' committed offsets; null when there was nothing to commit. */
  async commit(request: CommitRequest): Promise<ReadonlyMap<TopicPartitionKey, number> | null> {
    const tasks = request.tasks.filter((task) => task.uncommitted)
    if (tasks.length === 0 && this.#output.appended === 0 && request.offsets.size === 0) return null
    for (const task of tasks) await this.#flush(task)
    const changed = tasks.filter((task) => task.acted || task.state.dirty)
    const offsets = new Map(request.offsets)
    // Also where nothing has moved (a punctuation wrote): without offsets in it, the group's generation would not fence
    // the transaction.
    const metadata = new Map<TopicPartitionKey, string>()
    for (const task of changed) {
      const text = streamTimeMetadata(task.streamTime)
      for (const [key, position] of task.positions()) {
        offsets.set(key, position)
        metadata.set(key, text)
      }
    }
    const appendedTo = await this.#output.writer.commit({ identity: request.identity, offsets, metadata })
    this.#output.appended = 0
    // All of them, also when one fails: a task whose state is being written cannot be closed.
    const written = await Promise.allSettled(changed.map((task) => this.#write(task, appendedTo)))
    for (const [i, result] of written.entries()) {
      if (result.status === 'rejected') this.#failed(changed[i] as StreamTask, result.reason)
    }
    for (const task of tasks) task.committed(task.positions())
    return offsets
  }

  async #flush(task: StreamTask): Promise<void> {
    try {
      await task.flush()
    } catch (error) {
      this.#failed(task, error)
    }
  }

  /** Under exactly-once the group's offsets say where to go on; only at-least-once needs them in the checkpoint always. */
  async #write(task: StreamTask, appendedTo: ReadonlyMap<TopicPartitionKey, number>): Promise<void> {
    if (task.state.stores.size === 0) return
    if (this.#exactlyOnce && !task.state.dirty) return
    await task.state.commit(nextCheckpoint(task, appendedTo))
  }
}

function nextCheckpoint(task: StreamTask, appendedTo: ReadonlyMap<TopicPartitionKey, number>): Checkpoint {
  const changelogs: Record<string, number> = { ...task.state.checkpoint?.changelogs }
  const positions = task.positions()
  for (const { topic, partition, inMemory, isInput } of task.spec.changelogs) {
    const key = topicPartitionKey(topic, partition)
    // What is in memory is gone when the checkpoint is read.
    if (inMemory) {
      delete changelogs[key]
      continue
    }
    const next = (isInput ? positions : appendedTo).get(key)
    if (next !== undefined) changelogs[key] = next
  }
  return { changelogs, inputs: Object.fromEntries(positions) }
}
