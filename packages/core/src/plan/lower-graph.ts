import { changeOf } from '../serde/change.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import type { FeedPlan, ViewPlan } from '../connect/connector.ts'
import type {
  GraphCogroup,
  GraphGlobalStore,
  GraphGlobalTable,
  GraphNode,
  GraphSink,
  GraphSource,
  GraphStreamAggregate,
  GraphTableAggregate,
  StoreRequest,
  StreamGrouping,
  TopologyGraph,
} from './graph/index.ts'
import { internalTopic } from './names.ts'
import { CHANGES_KEY } from './key-changes.ts'
import { lowerForeignKeyJoin, lowerGlobalJoin, lowerStreamJoin, lowerStreamTableJoin, lowerTableJoin } from './lower-joins.ts'
import { aggregateNode, lowerCogroup, lowerSuppress } from './lower-windows.ts'
import type { PlanNode, SourceNode } from './nodes/node.ts'
import { type LoweringOptions, PlanBuilder } from './plan-builder.ts'
import type { GlobalPlan, StorePlan, TopicPlan } from './topology-plan.ts'

/** What the operators are compiled from, before it is cut into sub-topologies. */
export interface LoweredGraph {
  readonly nodes: ReadonlyMap<string, PlanNode>
  readonly stores: ReadonlyMap<string, StorePlan>
  readonly topics: ReadonlyMap<string, TopicPlan>
  readonly globals: readonly GlobalPlan[]
  readonly feeds: readonly FeedPlan[]
  readonly views: readonly ViewPlan[]
}

/** Turns what the user wrote into what runs: internal topics where keys changed, stores where state is kept, real topic names. */
export function lowerGraph(graph: TopologyGraph, options: LoweringOptions): LoweredGraph {
  const lowering = new Lowering(options)
  for (const node of graph.nodes) lowering.add(node)
  return lowering.result()
}

class Lowering {
  readonly #plan: PlanBuilder
  readonly #feeds: FeedPlan[] = []
  readonly #views = new Map<string, ViewPlan>()
  /** Groupings with a name that have their repartition topic already, and the source that reads it. */
  readonly #repartitioned = new Map<StreamGrouping, string>()

  constructor(options: LoweringOptions) {
    this.#plan = new PlanBuilder(options)
  }

  result(): LoweredGraph {
    const { nodes, stores, topics, globals } = this.#plan
    const [feeds, views] = [this.#feeds, [...this.#views.values()]]
    return { nodes, stores: stores.plans, topics: topics.plans, globals: [...globals.values()], feeds, views }
  }

  add(node: GraphNode): void {
    const { id } = node
    const plan = this.#plan
    const parents = node.parents.map((parent) => plan.outputOf(parent, id))
    switch (node.kind) {
      case 'source':
        return this.#addSource(node)
      case 'sink':
        return this.#addSink(node, parents)
      case 'repartition': {
        const { key, value, partitions, partitioner } = node
        const topic = plan.addRepartitionTopic(id, plan.nameOf(id, node.name), partitions === undefined ? {} : { partitions })
        const keepsNullKeys = plan.options.nullKeys.has(id)
        plan.outputs.set(id, plan.throughTopic(id, parents, topic, { key, value }, { keepsNullKeys, partitioner }))
        return
      }
      case 'stream-aggregate':
        return this.#addStreamAggregate(node, [this.#regroup(node, parents)])
      case 'table-aggregate':
        return this.#addTableAggregate(node, [this.#regroup(node, parents)])
      case 'to-table': {
        const { store, value } = node
        const [stream = ''] = node.parents
        const through = plan.byKey(stream, id, plan.nameOf(id, store.as ?? node.name), { key: store.key, value })
        plan.nodes.set(id, { kind: 'to-table', id, parents: [through], ...plan.tableStore(id, store) })
        return
      }
      case 'table-filter':
      case 'table-map-values':
      case 'table-transform-values': {
        const { store, ...rest } = node
        if (node.kind === 'table-transform-values') plan.stores.connect(id, node.stores)
        plan.nodes.set(id, { ...rest, parents, ...(store !== undefined && { store: plan.stores.add(id, store) }) })
        return
      }
      case 'cogroup':
        return lowerCogroup(plan, node, (index) => {
          const { grouping } = node.inputs[index] as GraphCogroup['inputs'][number]
          return this.#regroupStream(id, node.parents[index] ?? '', grouping, node.store, `input-${index + 1}`)
        })
      case 'suppress':
        return lowerSuppress(plan, node)
      case 'stream-join':
        return lowerStreamJoin(plan, node)
      case 'stream-table-join':
        return lowerStreamTableJoin(plan, node)
      case 'global-join':
        return lowerGlobalJoin(plan, node)
      case 'table-join':
        return lowerTableJoin(plan, node)
      case 'foreign-key-join':
        return lowerForeignKeyJoin(plan, node)
      case 'global-table':
        return this.#addGlobalTable(node)
      case 'global-store':
        return this.#addGlobalStore(node)
      default:
        if (node.kind === 'process' || node.kind === 'process-values') plan.stores.connect(id, node.stores)
        plan.nodes.set(id, { ...node, parents })
        if (CHANGES_KEY.has(node.kind) || node.parents.some((parent) => plan.isKeyChanged(parent, id))) plan.keyChanged.add(id)
        plan.addMerged(id)
    }
  }

  #addSource(node: GraphSource): void {
    const source = this.#reading(node)
    // What the source drops or changes while reading could not be restored from its topic.
    const whole = node.timestamp === undefined && node.onInvalid === 'stop' && node.startFrom === 'earliest'
    const asItIs = whole && node.retention === undefined ? source.topic : undefined
    const store = node.store === undefined ? {} : this.#plan.tableStore(node.id, node.store, asItIs)
    this.#plan.nodes.set(node.id, { ...source, ...store })
  }

  #addGlobalTable(node: GraphGlobalTable): void {
    const { id } = node
    const store = this.#plan.stores.addGlobal(id, node.store)
    this.#plan.globals.set(id, { store, source: { ...this.#reading({ ...node, kind: 'source', as: 'table' }), store } })
  }

  #addGlobalStore({ builder, supplier, ...node }: GraphGlobalStore): void {
    const store = this.#plan.stores.addGlobalDeclared(node.id, builder)
    const source = this.#reading({ ...node, kind: 'source', as: 'stream' })
    this.#plan.globals.set(node.id, { store, source, supplier })
  }

  #reading(node: GraphSource): SourceNode {
    const { id, as, key, value, timestamp, startFrom, onInvalid, skipTombstones, feed, partitions, idleAfter } = node
    const feedTopic = feed === undefined ? undefined : internalTopic(this.#plan.options.app, feed.name, 'feed')
    const topic = this.#plan.topics.addSource(node, node.topic ?? feedTopic ?? id)
    if (feed !== undefined) this.#feeds.push({ ...feed, topic, ...(partitions !== undefined && { partitions }) })
    return {
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
      ...(idleAfter !== undefined && { idleAfter }),
    }
  }

  #addSink(node: GraphSink, parents: readonly string[]): void {
    const { app } = this.#plan.options
    const { id, view, key, value, partitioner, timestamp } = node
    const viewTopic = view === undefined ? undefined : internalTopic(app, view.name, 'view')
    const topic = this.#plan.topics.addSink(id, node.topic ?? viewTopic ?? id, view)
    const optional = { ...(partitioner !== undefined && { partitioner }), ...(timestamp !== undefined && { timestamp }) }
    this.#plan.nodes.set(id, { kind: 'sink', id, parents, topic, key, value, ...optional })
    if (view !== undefined) this.#views.set(topic, { ...view, app, topic, key, value })
  }

  #addStreamAggregate(node: GraphStreamAggregate, parents: readonly string[]): void {
    const { id, window } = node
    const store = this.#plan.stores.add(id, node.store, window, node.emit)
    this.#plan.nodes.set(id, aggregateNode({ id, parents, store, mark: 0 }, window, node))
  }

  #addTableAggregate(node: GraphTableAggregate, parents: readonly string[]): void {
    const { id, initial, add, subtract } = node
    const store = this.#plan.stores.add(id, node.store)
    this.#plan.nodes.set(id, {
      kind: 'table-aggregate',
      id,
      parents,
      store,
      add,
      subtract,
      ...(initial !== undefined && { initial }),
    })
  }

  /** The input of an aggregate: repartitioned for it alone, or for all of its grouping when that has a name. */
  #regroup(node: GraphStreamAggregate | GraphTableAggregate, parents: readonly string[]): string {
    const { id, grouping, store } = node
    const [input = ''] = node.parents
    if (node.kind === 'stream-aggregate') return this.#regroupStream(id, input, grouping, store)
    return this.#shared(grouping, () => this.#repartitionChanges(node, parents, this.#plan.nameOf(id, grouping.name ?? store.as)))
  }

  #regroupStream(id: string, input: string, grouping: StreamGrouping, store: StoreRequest, part?: string): string {
    const name = this.#plan.nameOf(id, grouping.name ?? store.as)
    if (!this.#plan.isKeyChanged(input, id)) return this.#plan.outputOf(input, id)
    const own = grouping.name === undefined ? part : undefined
    return this.#shared(grouping, () => this.#plan.byKey(input, id, name, grouping, own))
  }

  #shared(grouping: StreamGrouping, repartition: () => string): string {
    const source = this.#repartitioned.get(grouping) ?? repartition()
    if (grouping.name !== undefined) this.#repartitioned.set(grouping, source)
    return source
  }

  #repartitionChanges(node: GraphTableAggregate, parents: readonly string[], name: string): string {
    const { keySelector, valueMapper } = node.grouping
    const topic = this.#plan.addRepartitionTopic(node.id, name)
    const id = `${node.id}:repartition`
    const key = uncheckedSerde(node.grouping.key)
    const value = uncheckedSerde(node.grouping.value)
    this.#plan.nodes.set(id, { kind: 'repartition-changes', id, parents, topic, key, value, keySelector, valueMapper })
    return this.#plan.readInternal(id, topic, { key, value: changeOf(value) }, { as: 'table', changes: true })
  }
}
