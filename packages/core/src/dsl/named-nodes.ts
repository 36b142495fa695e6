import { MillraceError } from '../errors.ts'
import type { GraphBuilder } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { ProcessorSupplier, StoreReference } from '../plan/processor.ts'
import type { StoreBuilder } from '../plan/store-builder.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import type { SourceOptions } from '../plan/topic-source.ts'
import { json, type Serde } from '../serde/index.ts'
import { connectStores } from './connect-stores.ts'
import type { KeySerdeState } from './key-serde.ts'
import { type FluentObjects, handleOf, keySerdeOf, type NodeHandle } from './node-handle.ts'
import type { ProcessOptions } from './processing-operators.ts'
import { readingOf } from './read-source.ts'
import { sinkNode } from './sink-node.ts'
import type { Stream } from './stream.ts'
import type { ToOptions, TopicChooser } from './write-options.ts'

/** What comes before a node: the name of a source or processor that was added, or a stream. */
export type ParentReference<K, V> = string | Stream<K, V, KeySerdeState>

type ParentReferences<K, V> = readonly [ParentReference<K, V>, ...ParentReference<K, V>[]]

/**
 * Kafka Streams' Topology beside its DSL: sources, processors and sinks under names of the user's own, which are also what they
 * are called in messages, metrics and descriptions. Each returns a stream, so that both ways mix: a stream can be the parent
 * of a processor, and what a processor forwards can be filtered, joined or aggregated.
 */
export class NamedNodes {
  readonly #graph: GraphBuilder
  readonly #fluent: FluentObjects
  readonly #handles = new Map<string, NodeHandle>()

  /** @internal */
  constructor(graph: GraphBuilder, fluent: FluentObjects) {
    this.#graph = graph
    this.#fluent = fluent
  }

  /**
   * Reads a topic, or several as one.
   *
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when something else has that name; TOPOLOGY_INVALID for no topic
   *
   * @example
   * ```ts
   * import { string, topology } from '@millrace/core'
   *
   * export const shouted = topology('shouted', (t) => {
   *   t.addSource('lines', 'lines-topic', { key: string(), value: string() })
   *   t.addProcessor(
   *     'shout',
   *     (context) => (line) => context.forward({ ...line, value: line.value.toUpperCase() }),
   *     ['lines'],
   *   )
   *   t.addSink('shouts', 'shouts-topic', ['shout'])
   * })
   * ```
   */
  addSource<K, V>(name: string, topic: string | readonly string[], options: SourceOptions<K, V>): Stream<K, V> {
    const topics = typeof topic === 'string' ? [topic] : topic
    const { key, value } = options
    if (topics.length === 0) throw new MillraceError('TOPOLOGY_INVALID', `Source "${name}" reads no topic: name at least one`)
    const sources = topics.map((each) => {
      const id = topics.length === 1 ? name : `${name}-${each}`
      const reading = readingOf({ ...options, topic: each })
      return this.#graph.addNamed(id, [], { kind: 'source', as: 'stream', ...reading })
    })
    if (sources.length > 1) this.#graph.addNamed(name, sources, { kind: 'merge' })
    return this.#added(name, key, value)
  }

  /**
   * Adds a processor: see `Stream.process`. Without `key` and `value` it forwards what its parents give it.
   *
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when something else has that name; TOPOLOGY_INVALID when a parent is not there
   *   (yet)
   *
   * @example
   * ```ts
   * import { int32, keyValueStore, string, topology } from '@millrace/core'
   *
   * const counts = keyValueStore('counts', { key: string(), value: int32() })
   *
   * export const counted = topology('counted', (t) => {
   *   const words = t.addSource('words', 'words-topic', { key: string(), value: string() })
   *   t.addProcessor(
   *     'count',
   *     (context) => {
   *       const store = context.store(counts)
   *       return ({ value }) => {
   *         const count = (store.get(value) ?? 0) + 1
   *         store.put(value, count)
   *         return context.forward({ key: value, value: count }, count > 100 ? 'often' : 'rarely')
   *       }
   *     },
   *     [words],
   *     { stores: [counts], value: int32() },
   *   )
   *   t.addSink('often', 'often-used', ['count'])
   *   t.addSink('rarely', 'rarely-used', ['count'])
   * })
   * ```
   */
  addProcessor<K = Any, V = Any, NK = Any, NV = Any, Stores extends StoreReference = never>(
    name: string,
    supplier: ProcessorSupplier<K, V, NK, NV, Stores>,
    parents: ParentReferences<K, V>,
    options: ProcessorOptions<Stores> & { readonly key: Serde<NK>; readonly value: Serde<NV> },
  ): Stream<NK, NV>
  addProcessor<K = Any, V = Any, NV = Any, Stores extends StoreReference = never>(
    name: string,
    supplier: ProcessorSupplier<K, V, K, NV, Stores>,
    parents: ParentReferences<K, V>,
    options: ProcessorOptions<Stores> & { readonly value: Serde<NV> },
  ): Stream<K, NV>
  addProcessor<K = Any, V = Any, Stores extends StoreReference = never>(
    name: string,
    supplier: ProcessorSupplier<K, V, K, V, Stores>,
    parents: ParentReferences<K, V>,
    options?: ProcessorOptions<Stores>,
  ): Stream<K, V>
  addProcessor(
    name: string,
    supplier: ProcessorSupplier<Any, Any, Any, Any, Any>,
    parents: ParentReferences<Any, Any>,
    options: ProcessorOptions<StoreReference> & { readonly key?: Serde<Any>; readonly value?: Serde<Any> } = {},
  ): Stream<Any, Any> {
    const above = this.#parents(name, parents)
    const stores = connectStores(this.#graph, options.stores)
    const { key = above.key, value = above.value } = options
    this.#graph.addNamed(name, above.ids, { kind: 'process', supplier, stores })
    return this.#added(name, key, value)
  }

  /**
   * Writes what the parents give to a topic: see `Stream.to`.
   *
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when something else has that name; TOPOLOGY_INVALID when a parent is not there
   *   (yet); SERDE_MISSING when the parents' keys are written in different ways
   *
   * @example
   * ```ts
   * import { string, topology } from '@millrace/core'
   *
   * export const copied = topology('copied', (t) => {
   *   t.addSource('lines', ['today', 'yesterday'], { key: string(), value: string() })
   *   t.addSink('copy', 'lines-copy', ['lines'], { partitioner: () => 0 })
   * })
   * ```
   */
  addSink<K = Any, V = Any>(
    name: string,
    target: string | TopicSink<K, NonNullable<V>> | TopicChooser<K, V>,
    parents: ParentReferences<K, V>,
    options: Omit<ToOptions<K, V>, 'name'> = {},
  ): void {
    const above = this.#parents(name, parents)
    const handle: NodeHandle = { graph: this.#graph, fluent: this.#fluent, id: name, key: above.key, value: above.value }
    const given = options.key ?? (typeof target === 'object' ? target.key : undefined)
    this.#graph.addNamed(name, above.ids, sinkNode(target, options, keySerdeOf(handle, 'addSink', given), above.value))
  }

  /**
   * Declares a store, so that processors can be given it by name. Where the builder itself is given to them, as it can be,
   * this is not needed.
   *
   * @returns the store's name
   * @throws {MillraceError} TOPOLOGY_NAME_CLASH when another builder has declared a store of that name
   *
   * @example
   * ```ts
   * import { int32, keyValueStore, type ProcessorKeyValueStore, string, topology } from '@millrace/core'
   *
   * export const counted = topology('counted', (t) => {
   *   t.addStateStore(keyValueStore('counts', { key: string(), value: int32() }))
   *   t.stream('words', { key: string(), value: string() })
   *     .process(
   *       (context) => {
   *         const counts = context.store<ProcessorKeyValueStore<string, number>>('counts')
   *         return ({ value }) => counts.put(value, (counts.get(value) ?? 0) + 1)
   *       },
   *       { stores: ['counts'] },
   *     )
   * })
   * ```
   */
  addStateStore<Name extends string>(builder: StoreBuilder<Name, Any, Any>): Name {
    this.#graph.declareStore(builder)
    return builder.name
  }

  /**
   * Declares a store that every process has whole: it reads all partitions of a topic, and gives each record to a processor
   * that fills the store. Complete before anything else is processed; every processor may read it, by name, without being
   * given it. For a store that is simply the latest value of each key see `globalTable`.
   *
   * @param supplier its processor can ask for this store alone, forwards nothing and schedules nothing
   * @throws {MillraceError} TOPOLOGY_INVALID when the topic is read already
   *
   * @example
   * ```ts
   * import { json, keyValueStore, type ProcessorKeyValueStore, string, topology } from '@millrace/core'
   *
   * const regions = keyValueStore('regions', { key: string(), value: string() })
   *
   * export const regional = topology('regional', (t) => {
   *   t.addGlobalStore(regions, 'shops', { key: string(), value: json<{ region: string }>() }, (context) => {
   *     const store = context.store(regions)
   *     return ({ key, value }) => store.put(key, value?.region ?? null)
   *   })
   *   t.stream('sales', { key: string(), value: json<{ shop: string }>() })
   *     .processValues(
   *       (context) => {
   *         const store = context.store<ProcessorKeyValueStore<string, string>>('regions')
   *         return ({ value }) => context.forward({ value: store.get(value.shop) ?? 'unknown' })
   *       },
   *       { value: string() },
   *     )
   *     .to('regions-of-sales')
   * })
   * ```
   */
  addGlobalStore<K, V, Builder extends StoreBuilder<string, Any, Any>>(
    builder: Builder,
    topic: string,
    options: SourceOptions<K, V>,
    supplier: ProcessorSupplier<K, V | null, never, never, Builder>,
  ): void {
    if (this.#graph.get(topic) !== undefined) {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `Topic "${topic}" is read already, so it cannot fill global store "${builder.name}" too. A topic is read once`,
        { location: { topic, store: builder.name } },
      )
    }
    this.#graph.addSource(topic, { kind: 'global-store', ...readingOf({ ...options, topic }), builder, supplier })
  }

  #added(name: string, key: NodeHandle['key'], value: Serde<Any>): Stream<Any, Any> {
    const handle: NodeHandle = { graph: this.#graph, fluent: this.#fluent, id: name, key, value }
    this.#handles.set(name, handle)
    return this.#fluent.stream(handle)
  }

  #parents(name: string, references: ParentReferences<Any, Any>): Pick<NodeHandle, 'key' | 'value'> & { readonly ids: Ids } {
    const handles = references.map((reference) =>
      typeof reference === 'string' ? this.#named(name, reference) : handleOf(reference),
    )
    const [first, ...others] = handles as [NodeHandle, ...NodeHandle[]]
    return {
      ids: [first.id, ...others.map(({ id }) => id)],
      key: others.every(({ key }) => key?.name === first.key?.name) ? first.key : undefined,
      value: others.every(({ value }) => value.name === first.value.name) ? first.value : json(),
    }
  }

  #named(name: string, parent: string): NodeHandle {
    const found = this.#handles.get(parent)
    if (found !== undefined) return found
    const known = [...this.#handles.keys()].join(', ') || 'none'
    const why = parent === name ? 'which is itself' : `which is not there, or not yet (so far there are: ${known})`
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `"${name}" comes after "${parent}", ${why}. Parents are added before their children, so a topology has no cycles: send what must come back through a topic`,
      { location: { operator: name } },
    )
  }
}

type Ids = readonly [string, ...string[]]

/** What a processor is given that has a name of its own. */
export type ProcessorOptions<Stores extends StoreReference> = Omit<ProcessOptions<Stores>, 'name'>
