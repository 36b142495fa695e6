import type { CommittedOffsets, LogAdmin, TopicDescription, TopicPartition, TopicPartitionKey, TopicSpec } from '../log.ts'
import { parseTopicPartition, topicPartitionKey } from '../topic-partition.ts'
import type { Housekeeper } from './housekeeper.ts'
import type { LogStorage } from './log-storage.ts'
import type { PartitionLog } from './partition-log.ts'

interface Opened {
  readonly storage: LogStorage
  readonly housekeeper: Housekeeper
}

export class EmbeddedAdmin implements LogAdmin {
  readonly #open: () => Promise<Opened>

  constructor(open: () => Promise<Opened>) {
    this.#open = open
  }

  async describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    const { storage } = await this.#open()
    const described = new Map<string, TopicDescription>()
    for (const name of topics) {
      const topic = storage.topics.get(name)
      if (topic !== undefined) described.set(name, { topic: name, partitions: topic.partitions.length, config: topic.config })
    }
    return described
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    await (await this.#open()).storage.createTopics(specs)
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    await (await this.#open()).storage.deleteTopics(topics)
  }

  endOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    return this.#read(partitions, (partition) => partition.endOffset)
  }

  beginningOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    return this.#read(partitions, (partition) => partition.state.startOffset)
  }

  async committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffsets> {
    const { storage } = await this.#open()
    await storage.queue.settled()
    const held = storage.offsets(group)
    const committed = partitions.flatMap(({ topic, partition }) => {
      const key = topicPartitionKey(topic, partition)
      const found = held.get(key)
      return found === undefined ? [] : [{ ...found, key }]
    })
    return {
      offsets: new Map(committed.map(({ key, offset }) => [key, offset])),
      metadata: new Map(committed.flatMap(({ key, metadata }) => (metadata === undefined ? [] : [[key, metadata] as const]))),
    }
  }

  async deleteRecords(before: ReadonlyMap<TopicPartitionKey, number>): Promise<void> {
    const { storage, housekeeper } = await this.#open()
    const partitions = [...before].map(([key, offset]) => ({ log: storage.partition(parseTopicPartition(key)), offset }))
    await storage.queue.submit({
      durable: false,
      prepare: (operations) => {
        for (const { log, offset } of partitions) {
          const start = Math.min(offset, log.endOffset)
          if (log.deleted || start <= log.state.startOffset) continue
          log.state.startOffset = start
          log.store(operations)
        }
      },
    })
    for (const { log } of partitions) housekeeper.lookAt(log)
  }

  async #read(
    partitions: readonly TopicPartition[],
    read: (partition: PartitionLog) => number,
  ): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    const { storage } = await this.#open()
    const offsets = new Map<TopicPartitionKey, number>()
    for (const each of partitions) offsets.set(topicPartitionKey(each.topic, each.partition), read(storage.partition(each)))
    return offsets
  }
}
