import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../../errors.ts'
import type { CommittedOffsets, LogAdmin, TopicDescription, TopicPartition, TopicPartitionKey, TopicSpec } from '../log.ts'
import { topicPartitionKey } from '../topic-partition.ts'
import { type Cluster, topicMissing, Wire } from './connect/index.ts'
import { BrokerError, checkPartitions, ConnectionError, ERROR } from './errors.ts'
import { fetchOffsets, offsetList } from './offset-commits.ts'
import {
  type Api,
  createTopicsApi,
  deleteRecordsApi,
  deleteTopicsApi,
  describeConfigsApi,
  EARLIEST,
  LATEST,
  listOffsetsApi,
  type NewTopic,
  type TopicOutcome,
} from './wire/index.ts'

/** How long a topic may take to appear everywhere, or to be gone, ms. */
const TOPIC_TIMEOUT_MS = 30_000
const PAUSE_MS = 20

/** Topics, and offsets that are not those of a reader. */
export class KafkaAdmin implements LogAdmin {
  readonly #cluster: Cluster
  readonly #wire: Wire

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#wire = new Wire(cluster)
  }

  close(): void {
    this.#wire.close()
  }

  async describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    if (topics.length === 0) return new Map()
    await this.#cluster.refresh(topics)
    const existing = topics.filter((topic) => this.#cluster.partitions(topic) !== undefined)
    if (existing.length === 0) return new Map()
    const described = await this.#wire.retry(`describing topics ${existing.join(', ')}`, async () => {
      const outcomes = await this.#wire.sendToAny(describeConfigsApi, { topics: existing })
      for (const { topic, error, message } of outcomes) {
        if (error !== 0 && error !== ERROR.unknownTopicOrPartition) {
          throw new BrokerError(error, `DescribeConfigs of ${topic}`, { topic }, message)
        }
      }
      return outcomes.filter(({ error }) => error === 0)
    })
    return new Map(
      described.map(({ topic, config }) => [topic, { topic, partitions: this.#cluster.partitions(topic) ?? 0, config }]),
    )
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    if (specs.length === 0) return
    const names = specs.map(({ topic }) => topic)
    await this.#topicRequest(
      `creating topics ${names.join(', ')}`,
      createTopicsApi,
      specs.map(newTopic),
      ERROR.topicAlreadyExists,
    )
    await this.#untilTopics(names, 'be led by a broker', (topic) => {
      const partitions = this.#cluster.partitions(topic) ?? 0
      return (
        partitions > 0 &&
        Array.from({ length: partitions }, (_, partition) => partition).every((partition) => {
          return this.#cluster.leader({ topic, partition }) !== undefined
        })
      )
    })
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return
    await this.#topicRequest(`deleting topics ${topics.join(', ')}`, deleteTopicsApi, topics, ERROR.unknownTopicOrPartition)
    await this.#untilTopics(topics, 'be gone', (topic) => this.#cluster.partitions(topic) === undefined)
  }

  async endOffsets(
    partitions: readonly TopicPartition[],
    isolation: 'read-committed' | 'read-uncommitted' = 'read-committed',
  ): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    return await this.#listOffsets(partitions, LATEST, isolation)
  }

  async beginningOffsets(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    return await this.#listOffsets(partitions, EARLIEST, 'read-committed')
  }

  async committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffsets> {
    return await fetchOffsets(this.#wire, group, partitions)
  }

  async deleteRecords(before: ReadonlyMap<TopicPartitionKey, number>): Promise<void> {
    const all = offsetList(before)
    try {
      await this.#byLeader('deleting records', all, async (node, partitions) => {
        const outcome = await this.#wire.send(node, deleteRecordsApi, { partitions, timeoutMs: this.#cluster.requestTimeoutMs })
        checkPartitions(outcome, 'DeleteRecords of')
      })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#cluster.logger.warn('kafka-delete-records-failed', {
        partitions: [...before.keys()].join(', '),
        error: error.message,
      })
    }
  }

  async #listOffsets(
    partitions: readonly TopicPartition[],
    at: typeof EARLIEST | typeof LATEST,
    isolation: 'read-committed' | 'read-uncommitted',
  ): Promise<ReadonlyMap<TopicPartitionKey, number>> {
    const unknown = new Set(partitions.map(({ topic }) => topic).filter((topic) => this.#cluster.partitions(topic) === undefined))
    await this.#cluster.partitionCounts([...unknown])
    const listed = await this.#byLeader('reading offsets', partitions, async (node, led) => {
      const offsets = await this.#wire.send(node, listOffsetsApi, { at, isolation, partitions: led })
      checkPartitions(offsets, 'ListOffsets of')
      return offsets
    })
    return new Map(listed.flat().map(({ topic, partition, offset }) => [topicPartitionKey(topic, partition), offset]))
  }

  /** Sends to each leader its part, all of it again when a leader has moved. */
  async #byLeader<P extends TopicPartition, Result>(
    what: string,
    partitions: readonly P[],
    send: (node: number, partitions: readonly P[]) => Promise<Result>,
  ): Promise<readonly Result[]> {
    if (partitions.length === 0) return []
    const topics = new Set(partitions.map(({ topic }) => topic))
    return await this.#wire.retry(
      `${what} of ${[...topics].join(', ')}`,
      async () => {
        const missing = [...topics].filter((topic) => this.#cluster.partitions(topic) === undefined)
        if (missing.length > 0) await this.#cluster.refresh(missing)
        const nodes = Map.groupBy(partitions, (partition) => this.#leader(partition))
        return await Promise.all(Array.from(nodes, ([node, led]) => send(node, led)))
      },
      { topics: () => topics },
    )
  }

  #leader({ topic, partition }: TopicPartition): number {
    const node = this.#cluster.leader({ topic, partition })
    if (node !== undefined) return node
    const count = this.#cluster.partitions(topic)
    if (count === undefined || partition >= count) throw topicMissing([count === undefined ? topic : `${topic}/${partition}`])
    throw new BrokerError(ERROR.leaderNotAvailable, `Finding the leader of ${topic}/${partition}`, { topic, partition })
  }

  /** Sends to the controller: brokers before KRaft refuse elsewhere, later ones pass it on. */
  async #topicRequest<Topic>(
    what: string,
    api: Api<{ readonly topics: readonly Topic[]; readonly timeoutMs: number }, readonly TopicOutcome[]>,
    topics: readonly Topic[],
    harmless: number,
  ): Promise<void> {
    if (this.#cluster.controller < 0) await this.#cluster.refresh([])
    await this.#wire.retry(what, async () => {
      const { controller } = this.#cluster
      if (controller < 0) throw new ConnectionError('of the cluster', 'none is the controller at the moment')
      const outcomes = await this.#wire.send(controller, api, { topics, timeoutMs: TOPIC_TIMEOUT_MS }, TOPIC_TIMEOUT_MS)
      for (const { topic, error, message } of outcomes) {
        if (error !== 0 && error !== harmless) throw new BrokerError(error, what, { topic }, message)
      }
    })
  }

  async #untilTopics(topics: readonly string[], what: string, isSo: (topic: string) => boolean): Promise<void> {
    const deadline = performance.now() + TOPIC_TIMEOUT_MS
    for (;;) {
      await this.#cluster.refresh(topics)
      const late = topics.filter((topic) => !isSo(topic))
      if (late.length === 0) return
      if (performance.now() > deadline) {
        throw new MillraceError(
          'BROKER_UNREACHABLE',
          `Waited ${TOPIC_TIMEOUT_MS} ms for ${late.join(', ')} to ${what}: look at the brokers' logs.`,
        )
      }
      await delay(PAUSE_MS)
    }
  }
}

function newTopic({ topic, partitions, replicas, cleanup, retentionMs, retentionBytes, config = {} }: TopicSpec): NewTopic {
  const entries = new Map<string, string>([['cleanup.policy', cleanup]])
  if (retentionMs !== undefined) entries.set('retention.ms', String(retentionMs))
  if (retentionBytes !== undefined) entries.set('retention.bytes', String(retentionBytes))
  for (const [name, value] of Object.entries(config)) entries.set(name, value)
  return { topic, partitions, replicas: replicas ?? -1, config: [...entries] }
}
