import type { Checkpoint, Store, TaskState } from '@millrace/state-store'
import { sleep } from '../connect/index.ts'
import { MillraceError } from '../errors.ts'
import type { FetchedBatch, LogReader, TopicPartitionKey } from '../log/log.ts'
import { parseTopicPartition, partitionsOf, topicPartitionKey } from '../log/topic-partition.ts'
import { compileGlobals, type SourceInput } from '../operators/index.ts'
import { ChangeTap } from '../query/index.ts'
import type { OpenApp } from './open-app.ts'
import { openState } from './open-state.ts'

const POLL_MS = 250
const CAUGHT_UP_MS = 5

/**
 * The global tables of a process: all partitions of their topics, in one database that all tasks look into. Read to the end
 * before the first task starts, then kept up to date beside the tasks. The topics are their changelogs.
 */
export class GlobalTables {
  readonly #app: OpenApp
  readonly state: TaskState
  readonly #inputs: ReadonlyMap<string, SourceInput>
  readonly #taps: readonly ChangeTap[]
  readonly #reader: LogReader
  readonly #positions: Map<TopicPartitionKey, number>
  /** Where each partition ended when the tables were opened, as far as it is still to be read. */
  readonly #missing: Map<TopicPartitionKey, number>
  #closing = false
  #following: Promise<void> | undefined

  static async open(app: OpenApp): Promise<GlobalTables> {
    const { plan, log, folder, partitions } = app
    const all = plan.globals.flatMap(({ source: { topic } }) => partitionsOf(topic, partitions.get(topic) ?? 0))
    const state = await openState(app, {
      task: 'globals',
      stores: plan.globals.map(({ store }) => store),
      location: folder.globalsPath,
      remove: () => folder.removeGlobals(),
    })
    try {
      const beginning = await log.admin.beginningOffsets(all)
      const end = await log.admin.endOffsets(all)
      if (isStale(state.checkpoint, beginning, end)) await state.wipe()
      const positions = new Map([...beginning].map(([key, first]) => [key, state.checkpoint?.inputs[key] ?? first]))
      return new GlobalTables(app, state, await log.openReader({ name: 'globals' }), positions, end)
    } catch (error) {
      await state.close()
      throw error
    }
  }

  private constructor(
    app: OpenApp,
    state: TaskState,
    reader: LogReader,
    positions: Map<TopicPartitionKey, number>,
    end: ReadonlyMap<TopicPartitionKey, number>,
  ) {
    this.#app = app
    this.state = state
    this.#reader = reader
    this.#positions = positions
    this.#missing = new Map([...end].filter(([key, offset]) => offset > (positions.get(key) ?? 0)))
    this.#taps = this.#bindFeeds()
    this.#inputs = compileGlobals(app.plan, {
      taskId: 'globals',
      partition: 0,
      state,
      globals: state,
      collector: NO_OUTPUT,
      streamTime: -1,
      wallClock: () => Date.now(),
      dropped() {},
      requestCommit() {},
      wake() {},
    })
    reader.assign(positions)
  }

  /** Stores by name, for queries. */
  get stores(): ReadonlyMap<string, Store> {
    return this.state.stores
  }

  /** Reads to where the topics ended when the tables were opened. Returns early when the signal says so. */
  async restore(signal: AbortSignal): Promise<void> {
    if (this.#missing.size === 0) return
    const { logger } = this.#app
    logger.info('global-restore-started', { partitions: this.#missing.size })
    while (this.#missing.size > 0 && !signal.aborted) await this.#step()
    if (!signal.aborted) logger.info('global-restore-finished')
  }

  /** Keeps the tables up to date from here on. @param onFailure - hears of what ends that */
  follow(onFailure: (error: unknown) => void): void {
    if (this.#app.plan.globals.length === 0) return
    this.#following = this.#followOn().catch(onFailure)
  }

  /** Resolves when everything that the topics had at the call is in the tables, or the signal says so. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const partitions = [...this.#positions.keys()].map(parseTopicPartition)
    const end = await this.#app.log.admin.endOffsets(partitions)
    const behind = (): boolean => [...end].some(([key, offset]) => (this.#positions.get(key) ?? 0) < offset)
    while (behind() && !signal.aborted) await sleep(CAUGHT_UP_MS, signal)
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#reader.wakeup()
    await this.#following
    await this.#reader.close()
    await this.state.close()
  }

  async #followOn(): Promise<void> {
    while (!this.#closing) await this.#step()
  }

  async #step(): Promise<void> {
    const batches = await this.#poll()
    for (const batch of batches) await this.#apply(batch)
    if (batches.length === 0) return
    await this.state.flush()
    await this.state.commit({ changelogs: {}, inputs: Object.fromEntries(this.#positions) })
    for (const tap of this.#taps) tap.committed()
    await new Promise(setImmediate)
  }

  async #poll(): Promise<readonly FetchedBatch[]> {
    try {
      return await this.#reader.poll(POLL_MS)
    } catch (error) {
      if (!(error instanceof MillraceError && error.retriable)) throw error
      this.#app.logger.warn('global-retry', { error: error.message, waitMs: POLL_MS })
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      return []
    }
  }

  async #apply({ topic, partition, records, nextOffset }: FetchedBatch): Promise<void> {
    const input = this.#inputs.get(topic)
    if (input === undefined) return
    for (const record of records) if (input.load(record) >= 0) await input.process()
    const key = topicPartitionKey(topic, partition)
    this.#positions.set(key, nextOffset)
    if (nextOffset >= (this.#missing.get(key) ?? 0)) this.#missing.delete(key)
  }

  #bindFeeds(): readonly ChangeTap[] {
    return [...this.state.stores.values()].map((store) => {
      const tap = new ChangeTap(this.#app.feeds.get(store.name))
      store.changelog = (key, value, timestamp) => {
        if (tap.observed) tap.record(key, value, timestamp)
      }
      return tap
    })
  }
}

/** The state is ahead of a topic that was made anew, or behind what a topic still has: only a new start is right. */
function isStale(
  checkpoint: Checkpoint | null,
  beginning: ReadonlyMap<TopicPartitionKey, number>,
  end: ReadonlyMap<TopicPartitionKey, number>,
): boolean {
  return Object.entries(checkpoint?.inputs ?? {}).some(
    ([key, at]) => at > (end.get(key) ?? Number.POSITIVE_INFINITY) || at < (beginning.get(key) ?? 0),
  )
}

/** Global tables write nothing: a source of one may not have a dead-letter topic. */
const NO_OUTPUT = {
  send: (topic: string): never => {
    throw new Error(`a global table has nothing to send to ${topic}`)
  },
  partitions: (): number => 0,
  lookUp: (): void => undefined,
}
