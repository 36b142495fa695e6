import { MillraceError } from '../../../errors.ts'
import type { Logger } from '../../../runtime/logger.ts'
import type { TopicPartition } from '../../log.ts'
import { BrokerError, ConnectionError, ERROR } from '../errors.ts'
import { withRetries } from '../retry.ts'
import { type Api, type BrokerNode, metadataApi } from '../wire/index.ts'
import { checkVersions } from './api-check.ts'
import { Connection } from './connection.ts'
import type { Dialer } from './dialer.ts'

export interface ClusterOptions {
  readonly dialer: Dialer
  readonly logger: Logger
  /** How long one request may take, apart from what the request itself waits for, ms. */
  readonly requestTimeoutMs: number
  /** How long an operation goes on trying while brokers are away, ms. */
  readonly retryTimeoutMs: number
  /** How long the first connection is tried for, ms. */
  readonly firstContactTimeoutMs: number
}

/** What all connections of one log know together: which brokers there are, and who leads which partition. */
export class Cluster {
  readonly dialer: Dialer
  readonly logger: Logger
  readonly requestTimeoutMs: number
  readonly retryTimeoutMs: number
  readonly #firstContactTimeoutMs: number
  readonly #brokers = new Map<number, BrokerNode>()
  /** Leaders by partition; -1: none at the moment. */
  readonly #topics = new Map<string, readonly number[]>()
  #connection: Promise<Connection> | null = null
  #refreshing: { readonly topics: ReadonlySet<string>; readonly done: Promise<void> } | null = null
  #controller = -1
  #contacted = false
  #closed = false

  constructor(options: ClusterOptions) {
    this.dialer = options.dialer
    this.logger = options.logger
    this.requestTimeoutMs = options.requestTimeoutMs
    this.retryTimeoutMs = options.retryTimeoutMs
    this.#firstContactTimeoutMs = options.firstContactTimeoutMs
  }

  /** Partition count as last read; undefined: never read, or missing. */
  partitions(topic: string): number | undefined {
    return this.#topics.get(topic)?.length
  }

  /** The node that leads the partition, as last read; undefined when it is not known or there is none. */
  leader({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.#topics.get(topic)?.[partition]
    return leader === undefined || leader < 0 ? undefined : leader
  }

  get controller(): number {
    return this.#controller
  }

  /** Any broker that we know. */
  get anyNode(): number | undefined {
    return this.#brokers.keys().next().value
  }

  /** Opens a connection to the node. @throws {ConnectionError} also when the node is not known (any more) */
  async connect(node: number): Promise<Connection> {
    const broker = this.#brokers.get(node)
    if (broker === undefined) throw new ConnectionError(`node ${node}`, 'is not in the cluster at the moment')
    return await this.#open(broker)
  }

  /** A broker that a coordinator look-up named. */
  learn(broker: BrokerNode): void {
    this.#brokers.set(broker.node, broker)
  }

  /**
   * Reads the metadata of these topics again; topics that do not exist are forgotten. Retries while brokers are away. Calls at
   * the same time share one request.
   */
  async refresh(topics: Iterable<string>): Promise<void> {
    const wanted = new Set(topics)
    const running = this.#refreshing
    if (running !== null && [...wanted].every((topic) => running.topics.has(topic))) return await running.done
    const done = this.#refresh([...wanted]).finally(() => {
      if (this.#refreshing?.done === done) this.#refreshing = null
    })
    this.#refreshing = { topics: wanted, done }
    return await done
  }

  /** Partition counts, as they are now. @throws {MillraceError} TOPIC_MISSING */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (topics.length > 0) await this.refresh(topics)
    const missing = topics.filter((topic) => !this.#topics.has(topic))
    if (missing.length > 0) throw topicMissing(missing)
    return new Map(topics.map((topic) => [topic, this.#topics.get(topic)?.length ?? 0]))
  }

  close(): void {
    this.#closed = true
    this.#connection?.then((connection) => connection.close()).catch(() => {})
  }

  async #refresh(topics: readonly string[]): Promise<void> {
    const first = !this.#contacted
    const response = await withRetries(() => this.#sendToAny(metadataApi, { topics }), {
      what: 'reading metadata',
      timeoutMs: first ? this.#firstContactTimeoutMs : this.retryTimeoutMs,
      logger: this.logger,
    }).catch((error: unknown) => {
      throw first ? firstContactFailed(error) : error
    })
    this.#contacted = true
    // A broker that is shutting down may list nobody, not even itself: what we knew is worth more.
    if (response.brokers.length > 0) this.#brokers.clear()
    for (const broker of response.brokers) this.#brokers.set(broker.node, broker)
    this.#controller = response.controller
    for (const { topic, error, partitions } of response.topics) {
      if (error === ERROR.unknownTopicOrPartition) {
        this.#topics.delete(topic)
      } else if (error === 0 || partitions.length > 0) {
        const leaders: number[] = new Array<number>(partitions.length).fill(-1)
        for (const { partition, leader } of partitions) leaders[partition] = leader
        this.#topics.set(topic, leaders)
      } else {
        const failure = new BrokerError(error, `Metadata of ${topic}`, { topic })
        if (!failure.retriable) throw failure
      }
    }
  }

  async #sendToAny<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response> {
    const connection = await (this.#connection ?? this.#connectToAny())
    if (!connection.usable) {
      connection.close()
      this.#connection = null
      return await this.#sendToAny(api, request)
    }
    return await connection.send(api, request, this.requestTimeoutMs)
  }

  #connectToAny(): Promise<Connection> {
    const connecting = this.#openAny()
    this.#connection = connecting
    connecting.catch(() => {
      this.#connection = null
    })
    return connecting
  }

  async #openAny(): Promise<Connection> {
    for (const broker of shuffled([...this.#brokers.values()])) {
      try {
        return await this.#open(broker)
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error
        this.logger.debug('kafka-connect-failed', { broker: error.address, error: error.message })
      }
    }
    return await this.#open(undefined)
  }

  async #open(broker: BrokerNode | undefined): Promise<Connection> {
    if (this.#closed) throw new MillraceError('LOG_CLOSED', 'The log was closed; open a new one.')
    const dialed = await this.dialer.dial(broker)
    const connection = new Connection(dialed, this.dialer.clientId)
    try {
      checkVersions(dialed.versions, dialed.address)
    } catch (error) {
      connection.close()
      throw error
    }
    if (this.#closed) connection.close()
    return connection
  }
}

export function topicMissing(topics: readonly string[]): MillraceError {
  const [topic] = topics
  return new MillraceError(
    'TOPIC_MISSING',
    `${topics.length === 1 ? 'Topic' : 'Topics'} ${topics.join(', ')} not found in the Kafka cluster. Create what is missing, or check the names.`,
    topic === undefined ? {} : { location: { topic } },
  )
}

function firstContactFailed(error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'BROKER_UNREACHABLE') return error
  return new MillraceError(
    'BROKER_UNREACHABLE',
    `Kafka can't be reached. ${error.message} Check that the address and the port are those of a running broker, that no firewall is between, and that ssl is set exactly when the listener uses TLS.`,
    { cause: error, retriable: true },
  )
}

function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const [a, b] = [items[i], items[j]]
    if (a !== undefined && b !== undefined) {
      items[i] = b
      items[j] = a
    }
  }
  return items
}
