import { MillraceError } from '../errors.ts'
import { GraphBuilder, type GraphNode, type GraphSource, type TopologyGraph } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { StoreBuilder } from '../plan/store-builder.ts'
import type { SourceOptions, TopicSource } from '../plan/topic-source.ts'
import { GlobalTable } from './global-table.ts'
import { type FluentObjects, type NodeHandle, storeRequest } from './node-handle.ts'
import type { TableStoreOptions } from './operator-options.ts'
import { NamedNodes } from './named-nodes.ts'
import { readingOf } from './read-source.ts'
import { checkSameReading } from './same-reading.ts'
import { Stream } from './stream.ts'
import { Table } from './table.ts'

/** What a table that is read can be given: a name for its store, and how the store is kept. */
export type TableSourceOptions = Omit<TableStoreOptions<never>, 'value' | 'name'>

/** What a global table can be given. */
export interface GlobalTableOptions {
  /** Names its store, for queries. Default: from the topic's name. */
  readonly as?: string
}

/** A topology that is complete: plain data, to be planned, described, tested or run. Made by {@link topology}. */
export interface Topology extends TopologyGraph {
  readonly name: string
  readonly nodes: readonly GraphNode[]
  readonly stores: ReadonlyMap<string, StoreBuilder>
}

/**
 * Describes a topology: what is read, what happens to it, where it goes. Nothing runs yet.
 *
 * @param name default application id: letters, digits, `.`, `_` and `-`
 * @param build adds the operators; called once, at once
 * @throws {MillraceError} TOPOLOGY_INVALID, TOPOLOGY_NAME_CLASH, SERDE_MISSING
 *
 * @example
 * ```ts
 * import { string, topology } from '@millrace/core'
 *
 * export const wordcount = topology('wordcount', (t) => {
 *   t.stream('lines', { key: string(), value: string() })
 *     .flatMapValues((line) => line.split(' '), { value: string() })
 *     .groupBy((word) => word)
 *     .count({ as: 'counts' })
 *     .to('word-counts')
 * })
 * ```
 */
export function topology(name: string, build: (t: TopologyBuilder) => void): Topology {
  const graph = new GraphBuilder(name)
  build(new TopologyBuilder(graph))
  graph.seal()
  if (graph.nodes.length === 0) {
    throw new MillraceError('TOPOLOGY_INVALID', `Topology "${name}" reads nothing. Add a source: t.stream(…) or t.table(…)`)
  }
  return Object.freeze({ name, nodes: Object.freeze(graph.nodes), stores: graph.stores })
}

/** What the function given to {@link topology} gets: adds sources. */
export class TopologyBuilder extends NamedNodes {
  readonly #graph: GraphBuilder

  /** @internal */
  constructor(graph: GraphBuilder) {
    super(graph, FLUENT)
    this.#graph = graph
  }

  /**
   * Reads a topic or feed as a stream, or several topics of one kind as one. A topic that is read in several places is read
   * once.
   *
   * A topic's records with a null value reach the operators as null (see `nullable`), unless `tombstones: 'skip'` is given; a
   * feed's are left out.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the topic is read already, as a table or in another way; or for no topic
   *
   * @example
   * ```ts
   * import { json, string, topology } from '@millrace/core'
   *
   * export const copy = topology('copy', (t) => {
   *   t.stream('clicks', {
   *     key: string(),
   *     value: json<{ page: string; at: number }>(),
   *     timestamp: (click) => click.at,
   *   }).to('clicks-copy')
   * })
   * ```
   */
  stream<K, V>(topic: string | readonly string[], options: SourceOptions<K, V>): Stream<K, V>
  stream<K, V>(source: TopicSource<K, V>): Stream<K, V>
  stream<K, V>(source: string | readonly string[] | TopicSource<K, V>, options?: SourceOptions<K, V>): Stream<K, V> {
    if (!isList(source)) return FLUENT.stream(this.#source('stream', sourceOf(source, options)))
    const sources = source.map((topic) => this.#source('stream', sourceOf(topic, options)))
    const [first, ...others] = sources
    if (first === undefined) {
      throw new MillraceError('TOPOLOGY_INVALID', 'A stream of no topics: name at least one, t.stream([…], …)')
    }
    if (others.length === 0) return FLUENT.stream(first)
    const id = this.#graph.add([first.id, ...others.map((other) => other.id)], 'topics', undefined, { kind: 'merge' })
    return FLUENT.stream({ ...first, id })
  }

  /**
   * Reads a topic or feed as a table: the latest value of each key, deleted by a null value.
   *
   * @throws {MillraceError} TOPOLOGY_INVALID when the topic is read already, as a stream or in another way
   *
   * @example
   * ```ts
   * import { int64, json, topology } from '@millrace/core'
   *
   * export const open = topology('open', (t) => {
   *   t.table('orders', { key: int64(), value: json<{ status: string }>() })
   *     .filter((order) => order.status === 'new')
   *     .to('open-orders')
   * })
   * ```
   */
  table<K, V>(topic: string, options: SourceOptions<K, V> & TableSourceOptions): Table<K, V>
  table<K, V>(source: TopicSource<K, V>, options?: TableSourceOptions): Table<K, V>
  table<K, V>(first: string | TopicSource<K, V>, second?: TableSourceOptions & Partial<SourceOptions<K, V>>): Table<K, V> {
    const source = sourceOf(first, second)
    const store = storeRequest(second ?? {}, source.key, source.value, idOf(source))
    return FLUENT.table(this.#source('table', source, { store }))
  }

  /**
   * Reads a topic or feed as a global table: every process reads all of it. Streams look into it with `join` and `leftJoin`.
   *
   * @param options a name for its store (`as`), and for a topic how it is read
   * @throws {MillraceError} TOPOLOGY_INVALID when the topic is read already
   *
   * @example
   * ```ts
   * import { int32, json, string, topology } from '@millrace/core'
   *
   * export const local = topology('local-prices', (t) => {
   *   const rates = t.globalTable('exchange-rates', { key: string(), value: json<number>(), as: 'rates' })
   *   t.stream('prices', { key: int32(), value: json<{ cents: number; currency: string }>() })
   *     .join(rates, (price, rate) => price.cents * rate, { on: (price) => price.currency })
   *     .to('local-prices')
   * })
   * ```
   */
  globalTable<K, V>(topic: string, options: SourceOptions<K, V> & GlobalTableOptions): GlobalTable<K, V>
  globalTable<K, V>(source: TopicSource<K, V>, options?: GlobalTableOptions): GlobalTable<K, V>
  globalTable<K, V>(
    first: string | TopicSource<K, V>,
    options: GlobalTableOptions & Partial<SourceOptions<K, V>> = {},
  ): GlobalTable<K, V> {
    const source = sourceOf(first, options)
    const id = idOf(source)
    const store = storeRequest(options, source.key, source.value, id)
    if (this.#graph.get(id) !== undefined) throw readAsGlobal(id)
    this.#graph.addSource(id, { kind: 'global-table', ...readingOf(source), store })
    return new GlobalTable({ graph: this.#graph, fluent: FLUENT, id, key: source.key, value: source.value })
  }

  #source(as: GraphSource['as'], source: TopicSource<Any, Any>, more: Pick<GraphSource, 'store'> = {}): NodeHandle {
    const id = idOf(source)
    const node: Omit<GraphSource, 'id' | 'parents'> = { kind: 'source', as, ...readingOf(source), ...more }
    const present = this.#graph.get(id)
    if (present === undefined) this.#graph.addSource(id, node)
    else if (present.kind === 'source') checkSameReading(present, node)
    else throw readAsGlobal(id)
    return { graph: this.#graph, fluent: FLUENT, id, key: source.key, value: source.value }
  }
}

const FLUENT: FluentObjects = {
  stream: (handle) => new Stream(handle),
  table: (handle) => new Table(handle),
}

/** Array.isArray does not tell readonly arrays apart. */
function isList<T>(value: T | readonly string[]): value is readonly string[] {
  return Array.isArray(value)
}

function sourceOf<K, V>(
  source: string | TopicSource<K, V>,
  options: Partial<SourceOptions<K, V>> | undefined,
): TopicSource<K, V> {
  if (typeof source !== 'string') return source
  const { key, value } = options ?? {}
  if (key === undefined || value === undefined) {
    throw new MillraceError(
      'SERDE_MISSING',
      `Topic "${source}": say how keys and values are read: { key: string(), value: json() }`,
    )
  }
  return { ...options, key, value, topic: source }
}

/** Sources are the roots of all paths: a feed has its own name, a topic the topic's. */
function idOf(source: TopicSource<Any, Any>): string {
  return source.feed === undefined ? source.topic : source.feed.name
}

function readAsGlobal(id: string): MillraceError {
  return new MillraceError(
    'TOPOLOGY_INVALID',
    `"${id}" is read twice, once as a global table. Keep the global table in a variable and use it in both places`,
    { location: { operator: id } },
  )
}
