import { changeOf } from '../serde/change.ts'
import { type Serde, uncheckedSerde } from '../serde/serde.ts'
import type { FeedPlan, ViewPlan } from '../connect/connector.ts'
import type {
  GraphNode,
  GraphSink,
  GraphSource,
  GraphStreamAggregate,
  GraphTableAggregate,
  StoreRequest,
  StreamGrouping,
  TopologyGraph,
} from './graph/index.ts'
import { internalTopic, nameFromPath } from './names.ts'
import type { Any, Partitioner, PlanNode } from './nodes/node.ts'
import { StoreTable } from './store-table.ts'
import { TopicTable } from './topic-table.ts'
import type { StorePlan, TopicPlan } from './topology-plan.ts'

export interface LoweringOptions {
  readonly app: string
  readonly caching: boolean
  /** Ids of sources and `toTable`s that need a store though they were given no name. */
  readonly materialized: ReadonlySet<string>
}

/** What the operators are compiled from, before it is cut into sub-topologies. */
export interface LoweredGraph {
  readonly nodes: ReadonlyMap<string, PlanNode>
  readonly stores: ReadonlyMap<string, StorePlan>
  readonly topics: ReadonlyMap<string, TopicPlan>
  readonly feeds: readonly FeedPlan[]
  readonly views: readonly ViewPlan[]
}

/** Turns what the user wrote into what runs: internal topics where keys changed, stores where state is kept, real topic names. */
export function lowerGraph(graph: TopologyGraph, options: LoweringOptions): LoweredGraph {
  const lowering = new Lowering(options)
  for (const node of graph.nodes) lowering.add(node)
  return lowering.result()
}

/** These mark a stream: the next operator that relies on the partitioning goes through a repartition topic. */
const CHANGES_KEY: ReadonlySet<GraphNode['kind']> = new Set(['map', 'flat-map', 'select-key'])

class Lowering {
  readonly #options: LoweringOptions
  readonly #nodes = new Map<string, PlanNode>()
  readonly #stores: StoreTable
  readonly #topics = new TopicTable()
  readonly #feeds: FeedPlan[] = []
  readonly #views = new Map<string, ViewPlan>()
  /** The node that a graph node's children hang on, where that is not the node of the same id. */
  readonly #outputs = new Map<string, string>()
  /** Graph nodes whose records may be in other partitions than their keys say. */
  readonly #keyChanged = new Set<string>()
  /** Groupings with a name that have their repartition topic already, and the source that reads it. */
  readonly #repartitioned = new Map<StreamGrouping, string>()

  constructor(options: LoweringOptions) {
    this.#options = options
    this.#stores = new StoreTable(options.app, options.caching, this.#topics)
  }

  result(): LoweredGraph {
    const [nodes, feeds, views] = [this.#nodes, this.#feeds, [...this.#views.values()]]
    return { nodes, stores: this.#stores.plans, topics: this.#topics.plans, feeds, views }
  }

  add(node: GraphNode): void {
    const { id } = node
    const parents = node.parents.map((parent) => this.#outputs.get(parent) ?? parent)
    const changed = node.parents.some((parent) => this.#keyChanged.has(parent))
    switch (node.kind) {
      case 'source':
        return this.#addSource(node)
      case 'sink':
        return this.#addSink(node, parents)
      case 'repartition': {
        const name = node.name ?? nameFromPath(id)
        const asked = node.partitions === undefined ? {} : { partitions: node.partitions }
        const topic = this.#topics.add(id, { ...repartitionTopic(this.#options.app, name), ...asked })
        this.#outputs.set(id, this.#throughTopic(id, parents, topic, node.key, node.value, node.partitioner))
        return
      }
      case 'stream-aggregate': {
        const through = changed ? [this.#regroup(node, parents)] : parents
        return this.#addStreamAggregate(node, through)
      }
      case 'table-aggregate':
        return this.#addTableAggregate(node, [this.#regroup(node, parents)])
      case 'to-table': {
        const name = node.store.as ?? node.name ?? nameFromPath(id)
        const through = changed ? [this.#repartition(id, parents, name, node.store.key, node.value)] : parents
        this.#nodes.set(id, { kind: 'to-table', id, parents: through, ...this.#tableStore(id, node.store) })
        return
      }
      case 'table-filter':
      case 'table-map-values': {
        const { store, ...rest } = node
        this.#nodes.set(id, { ...rest, parents, ...(store !== undefined && { store: this.#stores.add(id, store) }) })
        return
      }
      default:
        this.#nodes.set(id, { ...node, parents })
        if (changed || CHANGES_KEY.has(node.kind)) this.#keyChanged.add(id)
    }
  }

  #addSource(node: GraphSource): void {
    const { id, as, key, value, timestamp, startFrom, onInvalid, skipTombstones, feed, partitions } = node
    const feedTopic = feed === undefined ? undefined : internalTopic(this.#options.app, feed.name, 'feed')
    const topic = this.#topics.addSource(node, node.topic ?? feedTopic ?? id)
    this.#nodes.set(id, {
      kind: 'source',
      id,
      parents: [],
      topic,
      as,
      key,
      value,
      startFrom,
      onInvalid,
      skipTombstones: skipTombstones && as === 'stream',
      ...(timestamp !== undefined && { timestamp }),
      ...(node.store !== undefined && this.#tableStore(id, node.store)),
    })
    if (feed !== undefined) this.#feeds.push({ ...feed, topic, ...(partitions !== undefined && { partitions }) })
  }

  #addSink(node: GraphSink, parents: readonly string[]): void {
    const { app } = this.#options
    const { id, view, key, value, partitioner, timestamp } = node
    const viewTopic = view === undefined ? undefined : internalTopic(app, view.name, 'view')
    const topic = this.#topics.addSink(id, node.topic ?? viewTopic ?? id, view)
    const optional = { ...(partitioner !== undefined && { partitioner }), ...(timestamp !== undefined && { timestamp }) }
    this.#nodes.set(id, { kind: 'sink', id, parents, topic, key, value, ...optional })
    if (view !== undefined) this.#views.set(topic, { ...view, app, topic, key, value })
  }

  #addStreamAggregate(node: GraphStreamAggregate, parents: readonly string[]): void {
    const { id, window, initial, add } = node
    const fold = { id, parents, store: this.#stores.add(id, node.store, window), add, ...(initial !== undefined && { initial }) }
    this.#nodes.set(
      id,
      window === undefined ? { kind: 'stream-aggregate', ...fold } : { kind: 'windowed-aggregate', window, ...fold },
    )
  }

  #addTableAggregate(node: GraphTableAggregate, parents: readonly string[]): void {
    const { id, initial, add, subtract } = node
    const store = this.#stores.add(id, node.store)
    this.#nodes.set(id, {
      kind: 'table-aggregate',
      id,
      parents,
      store,
      add,
      subtract,
      ...(initial !== undefined && { initial }),
    })
  }

  /** The store of a table that has one only if it is named or needed. */
  #tableStore(id: string, request: StoreRequest): { readonly store?: string } {
    return request.as === undefined && !this.#options.materialized.has(id) ? {} : { store: this.#stores.add(id, request) }
  }

  /** The repartition topic of a group: its own for each aggregate, or one for all when the grouping has a name. */
  #regroup(node: GraphStreamAggregate | GraphTableAggregate, parents: readonly string[]): string {
    const { id, grouping, store } = node
    const present = this.#repartitioned.get(grouping)
    if (present !== undefined) return present
    const name = grouping.name ?? store.as ?? nameFromPath(id)
    const source =
      node.kind === 'table-aggregate'
        ? this.#repartitionChanges(node, parents, name)
        : this.#repartition(id, parents, name, grouping.key, grouping.value)
    if (grouping.name !== undefined) this.#repartitioned.set(grouping, source)
    return source
  }

  #repartition(id: string, parents: readonly string[], name: string, key: Serde<Any>, value: Serde<Any>): string {
    const topic = this.#topics.add(id, repartitionTopic(this.#options.app, name))
    return this.#throughTopic(`${id}:repartition`, parents, topic, key, value)
  }

  #throughTopic(
    id: string,
    parents: readonly string[],
    topic: string,
    key: Serde<Any>,
    value: Serde<Any>,
    partitioner?: Partitioner,
  ): string {
    const serdes = { key: uncheckedSerde(key), value: uncheckedSerde(value) }
    const optional = partitioner === undefined ? {} : { partitioner }
    this.#nodes.set(id, { kind: 'repartition', id, parents, topic, ...serdes, dropNullKeys: true, ...optional })
    return this.#readInternal(id, topic, serdes)
  }

  #repartitionChanges(node: GraphTableAggregate, parents: readonly string[], name: string): string {
    const { keySelector, valueMapper } = node.grouping
    const topic = this.#topics.add(node.id, repartitionTopic(this.#options.app, name))
    const id = `${node.id}:repartition`
    const key = uncheckedSerde(node.grouping.key)
    const value = uncheckedSerde(node.grouping.value)
    this.#nodes.set(id, { kind: 'repartition-changes', id, parents, topic, key, value, keySelector, valueMapper })
    return this.#readInternal(id, topic, { key, value: changeOf(value) }, { as: 'table', changes: true })
  }

  #readInternal(
    writer: string,
    topic: string,
    serdes: { readonly key: Serde<Any>; readonly value: Serde<Any> },
    reading: { readonly as: 'stream' | 'table'; readonly changes?: boolean } = { as: 'stream' },
  ): string {
    const id = `${writer}:read`
    const always = { startFrom: 'earliest', onInvalid: 'stop', skipTombstones: false } as const
    this.#nodes.set(id, { kind: 'source', id, parents: [], topic, ...serdes, ...always, ...reading })
    return id
  }
}

/** Kept until they are read (the runtime deletes what was processed): retention would count from the records' own times. */
function repartitionTopic(app: string, name: string): TopicPlan {
  return { topic: internalTopic(app, name, 'repartition'), role: 'repartition', cleanup: 'delete', retentionMs: -1 }
}
