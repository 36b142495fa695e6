import {
  type Encoded,
  type Headers,
  type KeyValueStore,
  memoryEngine,
  type SessionStore,
  type StateEngine,
  type TaskState,
  type TimestampedStore,
  type VersionedStore,
  type WindowStore,
} from '@millrace/state-store'
import { type Duration, parseDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type { RecordCollector } from '../operators/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import type { TopicSource } from '../plan/topic-source.ts'
import type { TopologyGraph } from '../plan/graph/index.ts'
import { planTopology } from '../plan/plan-topology.ts'
import type { TopologyPlan } from '../plan/topology-plan.ts'
import type { Serde } from '../serde/index.ts'
import { readSerdes, topicName, unknownTopic, writtenSerdes } from './plan-topics.ts'
import { type PipeOptions, TestInputTopic } from './test-input-topic.ts'
import { TestOutputTopic } from './test-output-topic.ts'
import type { TestQueue } from './test-queue.ts'
import { TestGlobals } from './test-globals.ts'
import { type TestClock, TestTask } from './test-task.ts'
import { type PlacedRecord, TestTopic } from './test-topic.ts'

/** How a test writes or reads the keys and values of a topic. */
export interface TestSerdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

export interface TopologyTestDriverOptions {
  /** Partitions of every topic. Default 1. */
  readonly partitions?: number
  /** As in `run`: whether stores cache whose operator does not say. Default true; caches are flushed after every record. */
  readonly caching?: boolean
  /** As in `run`: fewer topics and stores for the same answers. Default false. */
  readonly optimize?: boolean
  /** Where the wall clock begins, ms since the epoch. Default 0. It moves only by `advanceWallClock`. */
  readonly startAt?: number
  /** Makes the database of a task. Default: `memoryEngine()`. The driver opens it, and closes it with itself. */
  readonly engine?: (taskId: string) => StateEngine
  /** As in `run`: what happens when a function of the topology throws. Default `stop`: `pipe` rejects. */
  readonly onProcessingError?: 'stop' | 'continue'
}

/**
 * Runs a topology record by record, for tests: no log, no server, no timer, the same operators and stores as in production.
 * After Kafka Streams' class of that name.
 *
 * Each piped record is processed to its end before the next: through all internal topics (smallest timestamp first), with
 * the caches flushed after every record. Methods that process are asynchronous because operators may have to scan a store.
 *
 * @example
 * ```ts
 * import { string, topology, TopologyTestDriver } from '@millrace/core'
 *
 * const shouting = topology('shouting', (t) => {
 *   t.stream('words', { key: string(), value: string() })
 *     .mapValues((word) => word.toUpperCase(), { value: string() })
 *     .to('shouted')
 * })
 *
 * await using driver = await TopologyTestDriver.open(shouting)
 * const words = driver.input('words', { key: string(), value: string() })
 * const shouted = driver.output('shouted', { key: string(), value: string() })
 * await words.pipe('k', 'hello', { timestamp: 5 })
 * shouted.read() // { key: 'k', value: 'HELLO', timestamp: 5, headers: [], partition: 0 }
 * ```
 */
export class TopologyTestDriver implements AsyncDisposable {
  readonly #plan: TopologyPlan
  readonly #partitions: number
  readonly #topics: Map<string, TestTopic>
  readonly #clocks: readonly TestClock[]
  readonly #outputs = new Map<string, PlacedRecord[]>()
  /** What operators have sent and the tasks have not seen yet. */
  readonly #sent: { readonly topic: string; readonly placed: PlacedRecord }[] = []
  #tasks: readonly TestTask[] = []
  #globals: TestGlobals | undefined

  /** @param topology what `topology(…)` or `planTopology(…)` returned */
  static async open(
    topology: TopologyGraph | TopologyPlan,
    options: TopologyTestDriverOptions = {},
  ): Promise<TopologyTestDriver> {
    const { caching = true, optimize = false } = options
    const driver = new TopologyTestDriver('app' in topology ? topology : planTopology(topology, { caching, optimize }), options)
    await driver.#openTasks(options)
    return driver
  }

  private constructor(plan: TopologyPlan, { partitions = 1, startAt = 0 }: TopologyTestDriverOptions) {
    this.#plan = plan
    this.#partitions = partitions
    this.#topics = new Map([...plan.topics.keys()].map((topic) => [topic, new TestTopic(topic, partitions)]))
    this.#clocks = Array.from({ length: partitions }, () => ({ streamTime: -1, wallClock: startAt }))
  }

  /**
   * A topic to write to: the source that the topology reads (its serdes are known), or a topic's name.
   *
   * @param serdes default: those with which the topology reads the topic; K and V are then yours to name
   * @throws {MillraceError} TOPIC_MISSING when the topology does not read it
   */
  input<K, V>(source: string | TopicSource<K, V>, serdes?: TestSerdes<K, V>): TestInputTopic<K, V> {
    const topic = topicName(this.#plan, source)
    const known = readSerdes(this.#plan, topic)
    return new TestInputTopic<K, V>(topic, serdes ?? known, (key, value, options, headers) =>
      this.#pipe(topic, key, value, options, headers),
    )
  }

  /**
   * A topic to read: the sink that the topology writes, or a topic's name. Internal topics may be read too, by their full name.
   *
   * @param serdes default: those with which the topology writes the topic; K and V are then yours to name
   * @throws {MillraceError} TOPIC_MISSING when the topology does not write it
   */
  output<K, V>(sink: string | TopicSink<Any, Any>, serdes?: TestSerdes<K, V>): TestOutputTopic<K, V> {
    const topic = topicName(this.#plan, sink)
    const known = writtenSerdes(this.#plan, topic)
    return new TestOutputTopic<K, V>(topic, serdes ?? known, this.#outputOf(topic))
  }

  /** Names of the topics, internal ones left out, to which something was sent that has not been read. */
  get unreadTopics(): readonly string[] {
    const internal = (topic: string): boolean => this.#plan.topics.get(topic)?.role === 'repartition'
    return [...this.#outputs].flatMap(([topic, records]) => (records.length > 0 && !internal(topic) ? [topic] : []))
  }

  /** Milliseconds since the epoch, as the topology sees it. */
  get wallClock(): number {
    return this.#clocks[0]?.wallClock ?? 0
  }

  /** Moves the wall clock and runs what is due then. */
  async advanceWallClock(by: Duration): Promise<void> {
    const ms = parseDuration(by, 'advanceWallClock')
    for (const clock of this.#clocks) clock.wallClock += ms
    for (const task of this.#tasks) await task.punctuate()
    for (const task of this.#tasks) await task.flush()
    await this.#settle()
  }

  /** A plain key-value store. @throws {MillraceError} TOPOLOGY_INVALID when the topology has no such store */
  keyValueStore<K, V>(name: string, partition = 0): KeyValueStore<K, V> {
    return this.#stateOf(name, partition).keyValue(name)
  }

  /** The store of a table or an unwindowed aggregate. @throws {MillraceError} TOPOLOGY_INVALID when there is no such store */
  timestampedStore<K, V>(name: string, partition = 0): TimestampedStore<K, V> {
    return this.#stateOf(name, partition).timestamped(name)
  }

  /** A store of windows: that of a windowed aggregate, for one. @throws {MillraceError} TOPOLOGY_INVALID when there is no such store */
  windowStore<K, V>(name: string, partition = 0): WindowStore<K, V> {
    return this.#stateOf(name, partition).window(name)
  }

  /** A store of sessions. @throws {MillraceError} TOPOLOGY_INVALID when there is no such store */
  sessionStore<K, V>(name: string, partition = 0): SessionStore<K, V> {
    return this.#stateOf(name, partition).session(name)
  }

  /** The store of a versioned table. @throws {MillraceError} TOPOLOGY_INVALID when there is no such store */
  versionedStore<K, V>(name: string, partition = 0): VersionedStore<K, V> {
    return this.#stateOf(name, partition).versioned(name)
  }

  /** Closes the stores. */
  async close(): Promise<void> {
    for (const task of this.#tasks) await task.close()
    await this.#globals?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #openTasks({ engine = memoryEngine, onProcessingError = 'stop' }: TopologyTestDriverOptions): Promise<void> {
    const collector: RecordCollector = {
      send: (topic, key, value, timestamp, headers, partition) => {
        const placed = this.#topic(topic).append(timestamp, key, value, headers, partition)
        this.#outputOf(topic).push(placed)
        this.#sent.push({ topic, placed })
      },
      partitions: (topic) => this.#topic(topic).partitions,
      // Whatever topic a record names is there.
      lookUp: (topic) => {
        if (!this.#topics.has(topic)) this.#topics.set(topic, new TestTopic(topic, this.#partitions))
      },
    }
    const globals = await TestGlobals.open({ plan: this.#plan, engine, collector })
    this.#globals = globals
    const tasks: TestTask[] = []
    for (const subtopology of this.#plan.subtopologies) {
      for (const [partition, clock] of this.#clocks.entries()) {
        const shared = { plan: this.#plan, subtopology, partition, clock, collector, globals, onProcessingError }
        tasks.push(await TestTask.open({ ...shared, engine: engine(`${subtopology.name}_${partition}`) }))
      }
    }
    this.#tasks = tasks
  }

  async #pipe(topic: string, key: Encoded | null, value: Encoded | null, options: PipeOptions, headers: Headers): Promise<void> {
    const { timestamp = this.wallClock, partition } = options
    await this.#enqueue(topic, this.#topic(topic).append(timestamp, key, value, headers, partition))
    await this.#settle()
  }

  /** Processes until no queue holds a record, then commits. */
  async #settle(): Promise<void> {
    await this.#enqueueSent()
    for (let next = this.#nextQueue(); next !== undefined; next = this.#nextQueue()) {
      const [task, queue] = next
      await task.process(queue)
      const together = this.#tasks.filter(({ partition }) => partition === task.partition)
      for (const each of together) await each.afterRecord()
      for (const each of together) await each.flush()
      await this.#enqueueSent()
      queue.loadNext()
      await this.#enqueueSent()
    }
    for (const task of this.#tasks) await task.commit()
    await this.#globals?.commit()
  }

  /**
   * The queue whose head has the smallest timestamp; among equals the one whose head came last. (Kafka Streams leaves the order
   * of equals to its heap; where that can be relied on at all, this one agrees.)
   */
  #nextQueue(): readonly [TestTask, TestQueue] | undefined {
    let best: readonly [TestTask, TestQueue] | undefined
    for (const task of this.#tasks) {
      for (const queue of task.queues.values()) {
        if (queue.headTimestamp < 0) continue
        if (best === undefined || goesBefore(queue, best[1])) best = [task, queue]
      }
    }
    return best
  }

  async #enqueueSent(): Promise<void> {
    for (const { topic, placed } of this.#sent.splice(0)) await this.#enqueue(topic, placed)
  }

  async #enqueue(topic: string, { partition, record }: PlacedRecord): Promise<void> {
    await this.#globals?.update(topic, record)
    for (const task of this.#tasks) if (task.partition === partition) task.queues.get(topic)?.add(record)
  }

  #topic(name: string): TestTopic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw unknownTopic(name, 'has', this.#topics.keys())
    return topic
  }

  #outputOf(topic: string): PlacedRecord[] {
    const records = this.#outputs.get(topic) ?? []
    this.#outputs.set(topic, records)
    return records
  }

  #stateOf(store: string, partition: number): TaskState {
    const task = this.#tasks.find((candidate) => candidate.partition === partition && candidate.state.stores.has(store))
    if (task !== undefined) return task.state
    if (this.#globals?.state.stores.has(store) === true) return this.#globals.state
    const known = [...this.#plan.stores.keys()].join(', ') || 'none'
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `Topology "${this.#plan.app}" has no store "${store}" in partition ${partition}. Its stores: ${known}; ` +
        `its partitions: 0 to ${this.#clocks.length - 1} (option \`partitions\` of the driver).`,
      { location: { store } },
    )
  }
}

function goesBefore(a: TestQueue, b: TestQueue): boolean {
  return a.headTimestamp < b.headTimestamp || (a.headTimestamp === b.headTimestamp && a.headOrder > b.headOrder)
}
