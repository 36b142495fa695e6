import type { Store, TaskState } from '@millrace/state-store'
import type { CommittedOffsets, FetchedBatch, LogReader, TopicPartitionKey } from '../log/log.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import { compileTask } from '../operators/index.ts'
import type { GlobalTables } from './global-tables.ts'
import { INPUT_BUFFER_BYTES, type InputBuffer } from './input-buffer.ts'
import type { OpenApp } from './open-app.ts'
import { isDamage, openState } from './open-state.ts'
import type { Restorer } from './restorer.ts'
import { type LogOffsets, planRestore } from './restore-plan.ts'
import { type StartPosition, StreamTask } from './stream-task.ts'
import type { StreamTaskSpec } from './task-spec.ts'
import type { WorkerOutput } from './worker-output.ts'

/** How long all tasks together may process before the event loop gets a turn, ms. */
const SLICE_MS = 15
const MIN_SLICE_MS = 2

export interface StreamTasksOptions extends OpenApp {
  readonly output: WorkerOutput
  readonly globals: GlobalTables
  readonly reader: LogReader
  readonly restorer: Restorer
  /** Called when a task could not be restored. */
  readonly onFailure: (error: unknown) => void
}

/** The stream tasks of a worker: opened, restored beside the running ones, run in turns, closed. */
export class StreamTasks {
  readonly #options: StreamTasksOptions
  readonly #tasks = new Map<string, StreamTask>()
  readonly #buffers = new Map<TopicPartitionKey, InputBuffer>()
  readonly #corrupt = new Set<string>()
  #running: readonly StreamTask[] = []
  #turn = 0

  constructor(options: StreamTasksOptions) {
    this.#options = options
  }

  get all(): readonly StreamTask[] {
    return [...this.#tasks.values()]
  }

  get running(): readonly StreamTask[] {
    return this.#running
  }

  get ids(): readonly string[] {
    return [...this.#tasks.keys()]
  }

  /** Opens tasks and starts to restore them; each runs as soon as it is restored. */
  async open(specs: readonly StreamTaskSpec[]): Promise<void> {
    const stateful = specs.filter(({ subtopology }) => subtopology.stores.length > 0).length
    const cacheMaxBytes = Math.floor(this.#options.settings.cacheMaxBytes / Math.max(1, stateful + this.#tasks.size))
    const { log, settings } = this.#options
    const inputs = specs.flatMap((spec) => spec.inputs)
    const changelogs = specs.flatMap((spec) => spec.changelogs)
    // Committed offsets first: what the changelogs have at these offsets is there, or pending, when their ends are asked for.
    const { offsets: committed, metadata } = await log.admin.committedOffsets(settings.app, inputs)
    const offsets: LogOffsets = {
      committed,
      beginning: await log.admin.beginningOffsets([...inputs, ...changelogs]),
      end: await log.admin.endOffsets(changelogs, 'read-uncommitted'),
    }
    const inputEnds = await log.admin.endOffsets(inputs)
    for (const spec of specs) {
      const task = await this.#openTask(spec, cacheMaxBytes)
      const plan = planRestore(spec, task.state.checkpoint, offsets, settings.guarantee)
      const positions = this.#startPositions(task, offsets, inputEnds)
      void this.#restore(task, positions, () => this.#options.restorer.restore({ spec, state: task.state, plan, offsets }), {
        offsets: committed,
        metadata,
      })
    }
  }

  /** Closes tasks without committing. Deletes the state of those whose database turned out to be damaged. */
  async close(ids: Iterable<string>): Promise<void> {
    for (const id of ids) {
      const task = this.#tasks.get(id)
      if (task === undefined) continue
      this.#tasks.delete(id)
      this.#running = this.#running.filter((other) => other !== task)
      const keys = task.spec.inputs.map(({ topic, partition }) => topicPartitionKey(topic, partition))
      this.#options.reader.unassign(keys)
      for (const key of keys) this.#buffers.delete(key)
      await this.#options.restorer.cancel(id)
      await task.close()
      if (this.#corrupt.delete(id)) await this.#removeCorrupt(id)
    }
  }

  /** Gives each running task a share of a slice. Returns the number of records processed. */
  runSlice(): number {
    const tasks = this.#running
    if (tasks.length === 0) return 0
    const now = Date.now()
    const share = Math.max(MIN_SLICE_MS, SLICE_MS / tasks.length)
    const first = this.#turn++ % tasks.length
    let processed = 0
    for (let i = 0; i < tasks.length; i++) {
      const task = tasks[(first + i) % tasks.length] as StreamTask
      try {
        processed += task.runSlice(performance.now() + share, now)
      } catch (error) {
        this.failed(task, error)
      }
    }
    this.#resume()
    return processed
  }

  /** Remembers a damaged database, so that closing the task deletes it; rethrows. */
  failed(task: StreamTask, error: unknown): never {
    this.#noteDamage(task, error)
    throw error
  }

  /** Takes fetched batches into the input buffers, pausing what is full. */
  deliver(batches: readonly FetchedBatch[]): void {
    for (const batch of batches) {
      const buffer = this.#buffers.get(topicPartitionKey(batch.topic, batch.partition))
      if (buffer === undefined) continue
      buffer.add(batch)
      if (!buffer.paused && buffer.bytes > INPUT_BUFFER_BYTES) {
        buffer.paused = true
        this.#options.reader.pause([buffer.key])
      }
    }
  }

  /** When a task wants a turn although nothing arrives, ms since the epoch. */
  get wakeAt(): number {
    return this.#running.reduce((earliest, task) => Math.min(earliest, task.wakeAt), Number.POSITIVE_INFINITY)
  }

  get wantsCommit(): boolean {
    return this.#running.some((task) => task.wantsCommit)
  }

  get uncommitted(): boolean {
    return this.#running.some((task) => task.uncommitted)
  }

  /** True when every task of this process that has the store runs. */
  isRestored(store: string): boolean {
    return this.all.every((task) => task.phase === 'running' || !task.state.stores.has(store))
  }

  instancesOf(store: string): readonly Store[] {
    return this.#running.flatMap((task) => task.state.stores.get(store) ?? [])
  }

  /** Resolves when no record is waiting for a scan. */
  async settled(): Promise<void> {
    for (const task of this.#running) if (task.busy !== undefined) await task.busy
  }

  #noteDamage(task: StreamTask, error: unknown): void {
    if (isDamage(error)) this.#corrupt.add(task.id)
  }

  #resume(): void {
    for (const buffer of this.#buffers.values()) {
      if (!buffer.paused || buffer.bytes > INPUT_BUFFER_BYTES / 2) continue
      buffer.paused = false
      this.#options.reader.resume([buffer.key])
    }
  }

  async #openTask(spec: StreamTaskSpec, cacheMaxBytes: number): Promise<StreamTask> {
    const { plan, settings, output, globals, reader, feeds } = this.#options
    const task = new StreamTask({
      spec,
      state: await this.#openState(spec, cacheMaxBytes),
      output,
      globals: globals.state,
      feeds,
      maxTaskIdle: settings.maxTaskIdle,
      onProcessingError: settings.onProcessingError,
      compile: (context) => compileTask(plan, spec.subtopology, context),
      onReady: () => reader.wakeup(),
    })
    this.#tasks.set(spec.id, task)
    return task
  }

  #openState({ id, subtopology }: StreamTaskSpec, cacheMaxBytes: number): Promise<TaskState> {
    return openState(this.#options, {
      task: id,
      stores: subtopology.stores,
      cacheMaxBytes,
      location: this.#options.folder.taskPath(id),
      remove: () => this.#removeCorrupt(id),
    })
  }

  async #removeCorrupt(id: string): Promise<void> {
    this.#options.logger.warn('state-rebuilt', {
      task: id,
      why: 'damaged database',
      action: 'deleted, rebuilding it from its changelogs',
    })
    await this.#options.folder.removeTask(id)
  }

  async #restore(
    task: StreamTask,
    positions: ReadonlyMap<TopicPartitionKey, StartPosition>,
    restore: () => Promise<boolean>,
    committed: CommittedOffsets,
  ): Promise<void> {
    try {
      const restored = await restore()
      if (!restored || this.#tasks.get(task.id) !== task) return
      task.start(positions, committed)
    } catch (error) {
      if (this.#tasks.get(task.id) !== task) return
      this.#noteDamage(task, error)
      this.#options.onFailure(error)
      return
    }
    this.#running = [...this.#running, task]
    for (const { buffer } of task.inputs) this.#buffers.set(buffer.key, buffer)
    const { reader } = this.#options
    reader.resume(positions.keys())
    reader.assign(new Map([...positions].map(([key, { position }]) => [key, position])))
    reader.wakeup()
  }

  #startPositions(
    task: StreamTask,
    offsets: LogOffsets,
    ends: ReadonlyMap<TopicPartitionKey, number>,
  ): ReadonlyMap<TopicPartitionKey, StartPosition> {
    const exactlyOnce = this.#options.settings.guarantee === 'exactly-once'
    return new Map(
      task.spec.inputs.map(({ topic, partition }) => {
        const key = topicPartitionKey(topic, partition)
        const committed = offsets.committed.get(key)
        // Under at-least-once the state may be ahead of the group's offsets, never of its own checkpoint.
        const checkpoint = exactlyOnce ? undefined : task.state.checkpoint?.inputs[key]
        const endOffset = ends.get(key) ?? 0
        const fresh = this.#startsAtEnd(topic) ? endOffset : (offsets.beginning.get(key) ?? 0)
        const known = committed === undefined && checkpoint === undefined ? fresh : Math.max(committed ?? 0, checkpoint ?? 0)
        return [key, { position: known, endOffset }]
      }),
    )
  }

  #startsAtEnd(topic: string): boolean {
    for (const node of this.#options.plan.nodes.values()) {
      if (node.kind === 'source' && node.topic === topic) return node.startFrom === 'latest'
    }
    return false
  }
}
