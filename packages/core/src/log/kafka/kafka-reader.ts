import { MillraceError } from '../../errors.ts'
import type { FetchedBatch, LogReader, ReaderOptions, TopicPartitionKey } from '../log.ts'
import { parseTopicPartition, topicPartitionKey } from '../topic-partition.ts'
import { type Cluster, Wire } from './connect/index.ts'
import { BrokerError, check, checkPartitions, ERROR } from './errors.ts'
import { FetchState } from './fetch-state.ts'
import { TOPIC_GRACE_MS } from './retry.ts'
import { EARLIEST, type FetchedPartition, fetchApi, LATEST, listOffsetsApi } from './wire/index.ts'

const DEFAULT_BUFFERED_BYTES = 8 * 1024 * 1024
const PARTITION_BYTES = 1024 * 1024
/** Less room than this is not worth a request. */
const LEAST_BYTES = 64 * 1024
const LONG_POLL_MS = 500
const RETRY_PAUSE_MS = 100
/** Requests under way to each node: while one waits in a long poll, partitions that are resumed or assigned go with another. */
const LANES = 2

/** Fetches ahead from the leaders of the assigned partitions, bounded by the bytes that nobody has taken yet. */
export class KafkaReader implements LogReader {
  readonly #cluster: Cluster
  readonly #options: ReaderOptions
  readonly #maxBufferedBytes: number
  /** Ordered by who got data longest ago: answers are filled in the order of the request. */
  readonly #states = new Map<TopicPartitionKey, FetchState>()
  /** A broker answers one connection's requests one after the other, so each lane has its own. */
  readonly #lanes: readonly { readonly wire: Wire; readonly busy: Set<number> }[]
  #waiting: { wake(): void } | null = null
  /** Somebody called `wakeup` while no poll was waiting. */
  #woken = false
  #refreshing = false
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(cluster: Cluster, options: ReaderOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES
    this.#lanes = Array.from({ length: LANES }, () => ({ wire: new Wire(cluster), busy: new Set<number>() }))
  }

  assign(positions: ReadonlyMap<TopicPartitionKey, number>): void {
    for (const [key, position] of positions) this.#states.set(key, new FetchState(key, parseTopicPartition(key), position))
    this.#fetch()
  }

  unassign(partitions: Iterable<TopicPartitionKey>): void {
    for (const key of partitions) this.#states.delete(key)
    this.#fetch()
  }

  pause(partitions: Iterable<TopicPartitionKey>): void {
    for (const key of partitions) {
      const state = this.#states.get(key)
      if (state !== undefined) state.paused = true
    }
  }

  resume(partitions: Iterable<TopicPartitionKey>): void {
    for (const key of partitions) {
      const state = this.#states.get(key)
      if (state !== undefined) state.paused = false
    }
    if (this.#available()) this.#wake()
    this.#fetch()
  }

  async poll(maxWaitMs: number): Promise<readonly FetchedBatch[]> {
    if (!this.#closed && maxWaitMs > 0 && !this.#woken && !this.#available()) await this.#wait(maxWaitMs)
    this.#woken = false
    if (this.#closed) throw new MillraceError('LOG_CLOSED', `The reader ${this.#options.name} was closed; open a new one.`)
    const batches: FetchedBatch[] = []
    for (const state of this.#states.values()) if (!state.paused && state.hasRecords) state.take(batches)
    if (batches.length === 0) for (const { failure } of this.#states.values()) if (failure !== null) throw failure
    this.#fetch()
    return batches
  }

  wakeup(): void {
    this.#woken = true
    this.#wake()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#states.clear()
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { wire } of this.#lanes) wire.close()
    this.#wake()
  }

  #wake(): void {
    this.#waiting?.wake()
  }

  #available(): boolean {
    for (const state of this.#states.values()) if (state.failure !== null || (!state.paused && state.hasRecords)) return true
    return false
  }

  async #wait(maxWaitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, maxWaitMs)
      this.#waiting = {
        wake() {
          clearTimeout(timer)
          resolve()
        },
      }
    })
    this.#waiting = null
  }

  /** Sends requests for the partitions that want records, one to each leader that has a lane free. */
  #fetch(): void {
    if (this.#closed) return
    const now = performance.now()
    let buffered = 0
    for (const state of this.#states.values()) buffered += state.bufferedBytes
    const share = Math.max(1, this.#maxBufferedBytes / (2 * this.#states.size))
    const byNode = new Map<number, FetchState[]>()
    let leaderless = false
    for (const state of this.#states.values()) {
      if (state.notBefore > now && state.notBefore < Number.POSITIVE_INFINITY) this.#fetchLater()
      if (!state.wants(now, share)) continue
      const node = this.#cluster.leader(state)
      if (node === undefined) leaderless = true
      else if (byNode.get(node)?.push(state) === undefined) byNode.set(node, [state])
    }
    const room = Math.floor((this.#maxBufferedBytes - buffered) / (LANES * byNode.size))
    if (room >= LEAST_BYTES || buffered === 0) {
      for (const [node, states] of byNode) {
        const lane = this.#lanes.find(({ busy }) => !busy.has(node))
        if (lane !== undefined) void this.#request(lane.wire, lane.busy, node, states, Math.max(room, 1))
      }
    }
    if (leaderless) this.#findLeaders()
  }

  async #request(wire: Wire, busy: Set<number>, node: number, states: readonly FetchState[], maxBytes: number): Promise<void> {
    busy.add(node)
    const requested = new Map<TopicPartitionKey, FetchState>()
    const partitions = states.map((state) => {
      state.fetching = true
      requested.set(state.key, state)
      const { topic, partition, position: offset } = state
      return { topic, partition, offset, maxBytes: Math.min(PARTITION_BYTES, maxBytes) }
    })
    let refresh = false
    try {
      const response = await wire.send(
        node,
        fetchApi,
        { maxWaitMs: LONG_POLL_MS, minBytes: 1, maxBytes, partitions },
        LONG_POLL_MS,
      )
      check(response.error, `Fetch from node ${node}`)
      for (const answer of response.partitions) {
        const state = requested.get(topicPartitionKey(answer.topic, answer.partition))
        if (state === undefined || this.#states.get(state.key) !== state) continue
        refresh = this.#accept(state, answer, wire, node) || refresh
      }
    } catch (error) {
      refresh = true
      for (const state of states) this.#fail(state, error)
    }
    for (const state of states) state.fetching = false
    busy.delete(node)
    if (this.#available()) this.#wake()
    if (refresh) this.#findLeaders()
    this.#fetch()
  }

  /** True when the metadata must be read again. */
  #accept(state: FetchState, answer: FetchedPartition, wire: Wire, node: number): boolean {
    if (answer.error === 0) {
      if (state.accept(answer)) {
        this.#states.delete(state.key)
        this.#states.set(state.key, state)
      }
      return false
    }
    const { topic, partition, position } = state
    if (answer.error === ERROR.offsetOutOfRange) {
      this.#outOfRange(state, wire, node)
      return false
    }
    const error = new BrokerError(answer.error, `Fetch of ${state.key} from offset ${position}`, {
      topic,
      partition,
      offset: position,
    })
    this.#fail(state, error)
    return error.recovery === 'metadata'
  }

  #outOfRange(state: FetchState, wire: Wire, node: number): void {
    const { topic, partition, position } = state
    const policy = this.#options.outOfRange ?? 'fail'
    if (policy === 'fail') {
      state.stop(
        new MillraceError(
          'OFFSET_OUT_OF_RANGE',
          `${state.key} no longer has offset ${position}: retention has deleted it, or the topic was made anew. Restore from what is left (outOfRange: 'earliest' or 'latest'), and give the topic a longer retention.`,
          { location: { topic, partition, offset: position } },
        ),
      )
      return
    }
    // Held back until the new position is known; if that fails, the old one is tried again and leads here again.
    state.notBefore = Number.POSITIVE_INFINITY
    wire
      .send(node, listOffsetsApi, {
        at: policy === 'earliest' ? EARLIEST : LATEST,
        isolation: 'read-committed',
        partitions: [{ topic, partition }],
      })
      .then((listed) => {
        checkPartitions(listed, 'ListOffsets of')
        const to = listed[0]?.offset ?? position
        this.#cluster.logger.warn('kafka-offset-out-of-range', {
          reader: this.#options.name,
          topic,
          partition,
          from: position,
          to,
          policy,
        })
        state.moveTo(to)
        state.notBefore = performance.now() + (to === position ? RETRY_PAUSE_MS : 0)
      })
      .catch((error: unknown) => this.#fail(state, error))
      .finally(() => this.#fetch())
  }

  #fail(state: FetchState, error: unknown): void {
    if (error instanceof MillraceError && error.retriable) {
      const grace = error.code === 'TOPIC_MISSING' ? TOPIC_GRACE_MS : this.#cluster.retryTimeoutMs
      state.fail(error, performance.now(), RETRY_PAUSE_MS, grace)
      this.#cluster.logger.debug('kafka-fetch-failed', { reader: this.#options.name, partition: state.key, error: error.message })
    } else {
      state.stop(error)
    }
  }

  /** Reads the metadata of all assigned topics again, then goes on. */
  #findLeaders(): void {
    if (this.#refreshing || this.#closed) return
    this.#refreshing = true
    const topics = new Set(Array.from(this.#states.values(), ({ topic }) => topic))
    this.#cluster
      .refresh(topics)
      .then(
        () => {
          for (const state of this.#states.values()) {
            if (this.#cluster.leader(state) !== undefined) continue
            const missing = this.#cluster.partitions(state.topic) === undefined
            this.#fail(
              state,
              new BrokerError(
                missing ? ERROR.unknownTopicOrPartition : ERROR.leaderNotAvailable,
                `Finding the leader of ${state.key}`,
              ),
            )
          }
        },
        (error: unknown) => {
          for (const state of this.#states.values()) this.#fail(state, error)
        },
      )
      .finally(() => {
        this.#refreshing = false
        if (this.#available()) this.#wake()
        this.#fetch()
      })
  }

  #fetchLater(): void {
    if (this.#timer !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#fetch()
    }, RETRY_PAUSE_MS)
  }
}
