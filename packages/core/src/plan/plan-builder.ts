import { MillraceError } from '../errors.ts'
import { uncheckedSerde } from '../serde/serde.ts'
import type { StoreRequest, StreamSerdes } from './graph/index.ts'
import type { MergedRepartition } from './merged-repartitions.ts'
import { internalTopic, nameFromPath } from './names.ts'
import type { Partitioner, PlanNode, SourceNode } from './nodes/node.ts'
import type { StoreBuilder } from './store-builder.ts'
import { StoreTable } from './store-table.ts'
import { TopicTable } from './topic-table.ts'
import type { GlobalPlan, TopicPlan } from './topology-plan.ts'

export interface LoweringOptions {
  readonly app: string
  readonly caching: boolean
  /** Stores that processors share, as they were declared. */
  readonly declaredStores: ReadonlyMap<string, StoreBuilder>
  /** Ids of tables that need a store though they were given no name. */
  readonly materialized: ReadonlySet<string>
  /** Ids of the graph nodes whose repartition topics take records with a null key. */
  readonly nullKeys: ReadonlySet<string>
  /** Repartition topics that stand for several; absent: nothing is optimised. */
  readonly merged?: ReadonlyMap<string, MergedRepartition>
}

/** The plan while it is made: its nodes, stores and topics, and how streams get from one sub-topology to another. */
export class PlanBuilder {
  readonly options: LoweringOptions
  readonly nodes: Map<string, PlanNode> = new Map()
  readonly topics: TopicTable = new TopicTable()
  readonly stores: StoreTable
  /** The node that a graph node's children hang on, where that is not the node of the same id. */
  readonly outputs: Map<string, string> = new Map()
  /** Global tables: the store of each, by id. */
  readonly globals: Map<string, GlobalPlan> = new Map()
  /** Graph nodes whose records may be in other partitions than their keys say. */
  readonly keyChanged: Set<string> = new Set()

  constructor(options: LoweringOptions) {
    this.options = options
    this.stores = new StoreTable(options, this.topics)
  }

  /** Whether topics and stores that can be shared are. */
  get optimises(): boolean {
    return this.options.merged !== undefined
  }

  /** The plan node whose records `child` gets from this graph node. */
  outputOf(id: string, child: string): string {
    const output = this.outputs.get(id) ?? id
    return this.#readsMerged(id, child) ? `${output}:repartition:read` : output
  }

  /** Whether the records that `child` gets from this graph node may be in other partitions than their keys say. */
  isKeyChanged(id: string, child: string): boolean {
    return this.keyChanged.has(id) && !this.#readsMerged(id, child)
  }

  #readsMerged(id: string, child: string): boolean {
    return this.options.merged?.get(id)?.readers.has(child) === true
  }

  /** Adds the repartition topic that stands behind this graph node for several, if there is one. */
  addMerged(id: string): void {
    const merged = this.options.merged?.get(id)
    if (merged !== undefined) this.repartition(id, [this.outputs.get(id) ?? id], merged.name, merged.serdes)
  }

  /**
   * The store of a table that has one only if it is named or needed.
   *
   * @param source - the topic whose records it has, as they are
   */
  tableStore(id: string, request: StoreRequest, source?: string): { readonly store?: string } {
    const needed = request.as !== undefined || request.versioned !== undefined || this.options.materialized.has(id)
    if (!needed) return {}
    if (source === undefined || !this.optimises || !request.logging) return { store: this.stores.add(id, request) }
    return { store: this.stores.addReusing(id, request, source) }
  }

  /**
   * A stream by its key: itself, or through a repartition topic when its key was changed.
   *
   * @param id of the operator that wants it
   * @param part of that operator, when it has several inputs: `left`
   * @returns the plan node to hang on
   */
  byKey(stream: string, id: string, name: string, serdes: StreamSerdes, part?: string): string {
    const output = this.outputOf(stream, id)
    if (!this.isKeyChanged(stream, id)) return output
    return this.repartition(id, [output], part === undefined ? name : `${name}-${part}`, serdes, part)
  }

  /**
   * The same for a join without a name of its own: all such joins of one stream share a repartition topic, which is named
   * after the stream (as in Kafka Streams).
   */
  byKeyForJoin(stream: string, id: string, as: string | undefined, serdes: StreamSerdes, part?: 'left' | 'right'): string {
    if (as !== undefined) return this.byKey(stream, id, as, serdes, part)
    const output = this.outputOf(stream, id)
    if (!this.isKeyChanged(stream, id)) return output
    const shared = sharedRepartition(stream)
    if (this.nodes.has(shared)) return `${shared}:read`
    const topic = this.addRepartitionTopic(id, nameFromPath(stream))
    return this.throughTopic(shared, [output], topic, serdes, { keepsNullKeys: this.options.nullKeys.has(shared) })
  }

  repartition(id: string, parents: readonly string[], name: string, serdes: StreamSerdes, part?: string): string {
    const topic = this.addRepartitionTopic(id, name)
    return this.throughTopic(part === undefined ? `${id}:repartition` : `${id}:repartition-${part}`, parents, topic, serdes, {
      keepsNullKeys: this.options.nullKeys.has(id),
    })
  }

  /** Adds the writer and the reader of a repartition topic; returns the reader's id. */
  throughTopic(
    id: string,
    parents: readonly string[],
    topic: string,
    { key, value }: StreamSerdes,
    { keepsNullKeys, partitioner }: { readonly keepsNullKeys: boolean; readonly partitioner?: Partitioner | undefined },
  ): string {
    const serdes = { key: uncheckedSerde(key), value: uncheckedSerde(value) }
    const optional = partitioner === undefined ? {} : { partitioner }
    this.nodes.set(id, { kind: 'repartition', id, parents, topic, ...serdes, dropNullKeys: !keepsNullKeys, ...optional })
    return this.readInternal(id, topic, serdes)
  }

  /** Adds the source that reads what `writer` writes. */
  readInternal(
    writer: string,
    topic: string,
    serdes: StreamSerdes,
    reading: Pick<SourceNode, 'as' | 'changes'> = { as: 'stream' },
  ): string {
    const id = `${writer}:read`
    const always = { startFrom: 'earliest', onInvalid: 'stop', skipTombstones: false } as const
    this.nodes.set(id, { kind: 'source', id, parents: [], topic, ...serdes, ...always, ...reading })
    return id
  }

  addRepartitionTopic(operator: string, name: string, asked: Pick<TopicPlan, 'partitions'> = {}): string {
    // Kept until they are read (the runtime deletes what was processed): retention would count from the records' own times.
    const topic = internalTopic(this.options.app, name, 'repartition')
    return this.topics.add(operator, { topic, role: 'repartition', cleanup: 'delete', retentionMs: -1, ...asked })
  }

  /** The store of a global table. */
  globalStoreOf(id: string): string {
    const global = this.globals.get(id)
    if (global === undefined) throw new MillraceError('TOPOLOGY_INVALID', `"${id}" is no global table of this topology`)
    return global.store
  }

  /** What internal topics of an operator are named after. */
  nameOf(id: string, name: string | undefined): string {
    return name ?? nameFromPath(id)
  }
}

/** Id of the repartition node that the joins of a stream share. */
export function sharedRepartition(stream: string): string {
  return `${stream}:repartition`
}
