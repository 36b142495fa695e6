import type { EngineEntry, EngineOperation, StateEngine } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'
import type { OffsetCommit, TopicPartition, TopicPartitionKey, TopicSpec } from '../log.ts'
import { parseTopicPartition } from '../topic-partition.ts'
import {
  allOf,
  dataKey,
  deletedTopicKey,
  groupOffsetKey,
  META_KEY,
  parseGroupOffsetKey,
  parsePartitionKey,
  partitionKey,
  topicKey,
  writerKey,
} from './keys.ts'
import { openEngine } from './open-engine.ts'
import { PartitionLog, type PartitionState } from './partition-log.ts'
import { topicConfig, topicSettings } from './topic-config.ts'
import { WriteQueue } from './write-queue.ts'

/** How far a group has come in a partition. */
export interface StoredOffset {
  readonly offset: number
  readonly metadata?: string
}

export interface Topic {
  readonly id: number
  readonly topic: string
  readonly partitions: readonly PartitionLog[]
  readonly config: Readonly<Record<string, string>>
}

/** Version of the layout (keys.ts). */
const FORMAT = 2

/** The log's hot state, which is what the database holds, and the one queue through which both change. */
export class LogStorage {
  readonly engine: StateEngine
  readonly queue: WriteQueue
  readonly topics: Map<string, Topic> = new Map()
  /** Called with a partition that a segment more has been written to. */
  onGrown: (partition: PartitionLog) => void = () => undefined
  readonly #offsets = new Map<string, Map<TopicPartitionKey, StoredOffset>>()
  readonly #epochs = new Map<string, number>()
  #nextTopicId = 1

  private constructor(engine: StateEngine, durable: boolean) {
    this.engine = engine
    this.queue = new WriteQueue(engine, durable)
  }

  /** @throws {MillraceError} STATE_LOCKED, LOG_CORRUPT, LOG_IO, STATE_INCOMPATIBLE */
  static async open(engine: StateEngine, durable: boolean): Promise<LogStorage> {
    await openEngine(engine)
    const storage = new LogStorage(engine, durable)
    try {
      await storage.#load()
    } catch (error) {
      await engine.close()
      throw error
    }
    return storage
  }

  async close(): Promise<void> {
    await this.queue.settled().catch(() => undefined)
    await this.engine.close()
  }

  find(topic: string, partition: number): PartitionLog | undefined {
    return this.topics.get(topic)?.partitions[partition]
  }

  /** @throws {MillraceError} TOPIC_MISSING */
  partition({ topic, partition }: TopicPartition): PartitionLog {
    const found = this.find(topic, partition)
    if (found === undefined) throw this.missing(topic, partition)
    return found
  }

  missing(topic: string, partition?: number): MillraceError {
    const known = this.topics.get(topic)
    const what =
      known === undefined
        ? `Topic ${topic} does not exist in the embedded log at ${this.engine.location}. Create it first.`
        : `Topic ${topic} has ${known.partitions.length} partitions, so there is no partition ${partition}.`
    return new MillraceError('TOPIC_MISSING', what, { location: { topic, ...(partition === undefined ? {} : { partition }) } })
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    for (const spec of specs) checkSpec(spec)
    await this.queue.submit({
      prepare: (operations) => {
        for (const spec of specs) if (!this.topics.has(spec.topic)) this.#create(spec, operations)
      },
    })
  }

  /** Topics that do not exist are passed over. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    const gone: Topic[] = []
    await this.queue.submit({
      prepare: (operations) => {
        for (const name of names) {
          const topic = this.topics.get(name)
          if (topic === undefined) continue
          gone.push(topic)
          this.#drop(topic, operations)
        }
      },
    })
    for (const topic of gone) await this.#clear(topic.id)
  }

  /** A new epoch, which fences every earlier writer of the transactional id. */
  async newEpoch(transactionalId: string): Promise<number> {
    let epoch = 0
    await this.queue.submit({
      prepare: (operations) => {
        epoch = this.epoch(transactionalId) + 1
        this.#epochs.set(transactionalId, epoch)
        operations.push({ type: 'put', key: writerKey(transactionalId), value: String(epoch) })
      },
    })
    return epoch
  }

  epoch(transactionalId: string): number {
    return this.#epochs.get(transactionalId) ?? 0
  }

  offsets(group: string): ReadonlyMap<TopicPartitionKey, StoredOffset> {
    return this.#offsets.get(group) ?? new Map()
  }

  /** Adds the offsets of a group to an atomic write. */
  commitOffsets({ identity: { group }, offsets, metadata }: OffsetCommit, operations: EngineOperation[]): void {
    for (const [partition, offset] of offsets) {
      const text = metadata?.get(partition)
      const stored = text === undefined ? { offset } : { offset, metadata: text }
      this.#hold(group, partition, stored)
      operations.push({ type: 'put', key: groupOffsetKey(group, partition), value: JSON.stringify(stored) })
    }
  }

  #hold(group: string, partition: TopicPartitionKey, stored: StoredOffset): void {
    const held = this.#offsets.get(group)
    if (held === undefined) this.#offsets.set(group, new Map([[partition, stored]]))
    else held.set(partition, stored)
  }

  #create(spec: TopicSpec, operations: EngineOperation[]): void {
    const config = topicConfig(spec)
    const id = this.#nextTopicId++
    const topic = this.#newTopic(id, spec.topic, spec.partitions, config, new Map())
    operations.push({ type: 'put', key: META_KEY, value: JSON.stringify({ format: FORMAT, nextTopicId: this.#nextTopicId }) })
    operations.push({
      type: 'put',
      key: topicKey(spec.topic),
      value: JSON.stringify({ id, partitions: spec.partitions, config }),
    })
    for (const partition of topic.partitions) partition.store(operations)
  }

  #newTopic(
    id: number,
    topic: string,
    count: number,
    config: Readonly<Record<string, string>>,
    states: ReadonlyMap<number, PartitionState>,
  ): Topic {
    const settings = topicSettings(topic, config)
    const onGrown = (partition: PartitionLog): void => this.onGrown(partition)
    const partitions = Array.from(
      { length: count },
      (_, partition) => new PartitionLog(id, topic, partition, settings, onGrown, states.get(partition)),
    )
    const created: Topic = { id, topic, partitions, config }
    this.topics.set(topic, created)
    return created
  }

  #drop(topic: Topic, operations: EngineOperation[]): void {
    this.topics.delete(topic.topic)
    operations.push({ type: 'delete', key: topicKey(topic.topic) })
    operations.push({ type: 'put', key: deletedTopicKey(topic.id), value: topic.topic })
    for (const partition of topic.partitions) {
      partition.delete()
      operations.push({ type: 'delete', key: partitionKey(topic.id, partition.partition) })
    }
    // As Kafka does: offsets of a deleted topic say nothing about a later topic of the same name.
    for (const [group, held] of this.#offsets) {
      for (const key of held.keys()) {
        if (parseTopicPartition(key).topic !== topic.topic) continue
        held.delete(key)
        operations.push({ type: 'delete', key: groupOffsetKey(group, key) })
      }
    }
  }

  /** Deletes the batches of a topic that is gone. A crash in between is made up for at the next opening. */
  async #clear(topicId: number): Promise<void> {
    const range = { gte: dataKey(topicId, 0, 0), lt: dataKey(topicId + 1, 0, 0) }
    await this.engine.clear(range)
    await this.engine.compact(range)
    await this.queue.submit({
      durable: false,
      prepare: (operations) => operations.push({ type: 'delete', key: deletedTopicKey(topicId) }),
    })
  }

  async #load(): Promise<void> {
    const meta = this.engine.get(META_KEY)
    if (meta === undefined) return
    const { format, nextTopicId } = this.#parse<{ format: number; nextTopicId: number }>(META_KEY, meta)
    if (format !== FORMAT) {
      throw new MillraceError(
        'STATE_INCOMPATIBLE',
        `The embedded log at ${this.engine.location} has format ${format}, this version of Millrace reads ${FORMAT}. ` +
          'Use the version that wrote it, or another folder.',
        { location: { file: this.engine.location } },
      )
    }
    this.#nextTopicId = nextTopicId
    const states = new Map<number, Map<number, PartitionState>>()
    await this.#each('p', (key, value) => {
      const { topicId, partition } = parsePartitionKey(key)
      let ofTopic = states.get(topicId)
      if (ofTopic === undefined) states.set(topicId, (ofTopic = new Map()))
      ofTopic.set(partition, this.#parse<PartitionState>(key, value))
    })
    await this.#each('t', (key, value) => {
      const stored = this.#parse<{ id: number; partitions: number; config: Record<string, string> }>(key, value)
      this.#newTopic(stored.id, key.toString('utf8', 1), stored.partitions, stored.config, states.get(stored.id) ?? new Map())
    })
    await this.#each('g', (key, value) => {
      const { group, partition } = parseGroupOffsetKey(key)
      this.#hold(group, partition, this.#parse<StoredOffset>(key, value))
    })
    await this.#each('w', (key, value) => this.#epochs.set(key.toString('utf8', 1), this.#parse<number>(key, value)))
    const deleted: number[] = []
    await this.#each('x', (key) => deleted.push(key.readUInt32BE(1)))
    for (const topicId of deleted) await this.#clear(topicId)
  }

  async #each(letter: 'g' | 'p' | 't' | 'w' | 'x', visit: (key: Buffer, value: Buffer) => void): Promise<void> {
    const cursor = this.engine.cursor(allOf(letter))
    try {
      for (;;) {
        const entries: readonly EngineEntry[] = await cursor.next(1000)
        if (entries.length === 0) return
        for (const [key, value] of entries) visit(key, value)
      }
    } finally {
      await cursor.close()
    }
  }

  #parse<T>(key: Buffer, value: Buffer): T {
    try {
      return JSON.parse(value.toString()) as T
    } catch (cause) {
      throw new MillraceError(
        'LOG_CORRUPT',
        `The embedded log at ${this.engine.location} is damaged: its entry ${JSON.stringify(key.toString('latin1'))} cannot be ` +
          'read. Restore the folder from a backup, or start with an empty one.',
        { cause, location: { file: this.engine.location } },
      )
    }
  }
}

/** @throws {MillraceError} CONFIG_INVALID */
function checkSpec(spec: TopicSpec): void {
  const refuse = (why: string): never => {
    throw new MillraceError('CONFIG_INVALID', `Topic ${JSON.stringify(spec.topic)} cannot be created: ${why}.`, {
      location: { topic: spec.topic },
    })
  }
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(spec.topic)) refuse('names are 1 to 249 of letters, digits, dot, underscore and hyphen')
  if (!Number.isInteger(spec.partitions) || spec.partitions < 1) refuse(`it needs at least 1 partition, not ${spec.partitions}`)
  topicSettings(spec.topic, topicConfig(spec))
}
