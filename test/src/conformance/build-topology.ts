import {
  type GlobalTable,
  type GroupedStream,
  type GroupedTable,
  nullable,
  type RecordView,
  type SplitStream,
  type Stream,
  type Table,
  type Topology,
  type TopologyBuilder,
  topology,
} from '@millrace/core'
import { isJoin, joinGlobal, joinStreams, joinTable, joinTables } from './build-joins.ts'
import {
  aggregateCogroup,
  aggregateWindowed,
  type Cogrouped,
  cogroup,
  foldOf,
  rendered,
  suppressed,
  type Windowed,
  windowedBy,
  windowedCogroup,
  withStrategy,
} from './build-windows.ts'
import { aggregator } from './functions/aggregators.ts'
import { flatMapper } from './functions/flat-mappers.ts'
import { keySelector } from './functions/key-selectors.ts'
import { predicate } from './functions/predicates.ts'
import { processor } from './functions/processors.ts'
import { reducer } from './functions/reducers.ts'
import { topicChooser } from './functions/topic-choosers.ts'
import { timestampExtractor } from './functions/timestamp-extractors.ts'
import { valueMapper } from './functions/value-mappers.ts'
import { plainStore } from './plain-store.ts'
import type { Scenario, ScenarioNode } from './scenario.ts'
import { type Key, plainText, text, type Value } from './text.ts'
import { Unsupported } from './unsupported.ts'

type TextKey = Exclude<Key, null>
type TextStream = Stream<Key, Value>
type TextTable = Table<TextKey, string>

/** What a node made, by its type in FORMAT.md. */
type Built =
  | { readonly type: 'S'; readonly stream: TextStream }
  | { readonly type: 'T'; readonly table: TextTable }
  | { readonly type: 'G'; readonly global: GlobalTable<TextKey, string> }
  | { readonly type: 'GS'; readonly grouped: GroupedStream<TextKey, string> }
  | { readonly type: 'WS'; readonly windowed: Windowed }
  | { readonly type: 'CG'; readonly cogrouped: Cogrouped }
  | { readonly type: 'GT'; readonly groupedTable: GroupedTable<TextKey, string> }

/**
 * The scenario's topology, written with the public DSL.
 *
 * @param more what else is to be in it
 * @throws {Unsupported} when the DSL lacks an operator
 */
export function buildTopology(scenario: Scenario, more?: (t: TopologyBuilder) => void): Topology {
  return topology('conformance', (t) => {
    new ScenarioBuilder(t, scenario).build()
    more?.(t)
  })
}

const KEYS = nullable(text)
const VALUES = nullable(plainText)

class ScenarioBuilder {
  readonly #t: TopologyBuilder
  readonly #scenario: Scenario
  readonly #built = new Map<string, Built>()

  constructor(t: TopologyBuilder, scenario: Scenario) {
    this.#t = t
    this.#scenario = scenario
  }

  build(): void {
    for (const node of this.#scenario.nodes) {
      const built = this.#node(node)
      if (built !== null) this.#built.set(node.id, built)
    }
  }

  #node(node: ScenarioNode): Built | null {
    switch (node.op) {
      case 'stream':
        return { type: 'S', stream: this.#source(node) }
      case 'table':
        return { type: 'T', table: this.#t.table(topicOf(node), { key: text, value: plainText, ...this.#tableStore(node) }) }
      case 'to':
        this.#stream(node).to(targetOf(node), { key: KEYS, value: plainText })
        return null
      case 'split':
        this.#split(node)
        return null
      case 'store':
        this.#t.addStateStore(plainStore(node, this.#scenario.caching === true))
        return null
      case 'globalTable': {
        const { as } = this.#store(node)
        const options = { key: text, value: plainText, ...(as !== undefined && { as }) }
        return { type: 'G', global: this.#t.globalTable(topicOf(node), options) }
      }
      default: {
        const parent = this.#parent(node)
        if (isJoin(node.op)) return this.#join(node, parent, this.#parent(node, 1))
        if (parent.type === 'S') return this.#onStream(node, parent.stream)
        if (parent.type === 'T') return this.#onTable(node, parent.table)
        if (parent.type === 'GS') return this.#onGroupedStream(node, parent.grouped)
        if (parent.type === 'WS') return this.#onWindowedStream(node, parent.windowed)
        if (parent.type === 'CG') return this.#onCogrouped(node, parent.cogrouped)
        if (parent.type === 'GT') return this.#onGroupedTable(node, parent.groupedTable)
        throw new Unsupported(node.op)
      }
    }
  }

  #join(node: ScenarioNode, left: Built, right: Built): Built {
    if (left.type === 'T' && right.type === 'T') {
      return { type: 'T', table: joinTables(node, left.table, right.table, this.#store(node)) }
    }
    if (left.type !== 'S') throw new Unsupported(`${node.op} of ${left.type}`)
    if (right.type === 'S') return { type: 'S', stream: joinStreams(node, left.stream, right.stream) }
    if (right.type === 'T') return { type: 'S', stream: joinTable(node, left.stream, right.table) }
    if (right.type === 'G') return { type: 'S', stream: joinGlobal(node, left.stream, right.global) }
    throw new Unsupported(`${node.op} with ${right.type}`)
  }

  #source(node: ScenarioNode): TextStream {
    const extract = node.timestamp === undefined ? undefined : timestampExtractor(node.timestamp)
    return this.#t.stream(node.topics ?? topicOf(node), {
      key: KEYS,
      value: VALUES,
      ...(extract && { timestamp: (value: Value, _key: Key, record: RecordView) => extract(value, record.timestamp) }),
    })
  }

  #split(node: ScenarioNode): void {
    let branches: SplitStream<Key, Value, 'known', Readonly<Record<string, TextStream>>> = this.#stream(node).split({
      name: node.id,
    })
    for (const [name, spec] of node.branches ?? []) {
      const passes = predicate(spec)
      branches = branches.branch(name, (v: Value, k: Key) => passes(k, v))
    }
    const streams = node.default === undefined ? branches.noDefaultBranch() : branches.defaultBranch(node.default)
    for (const [name, stream] of Object.entries(streams)) this.#built.set(`${node.id}.${name}`, { type: 'S', stream })
  }

  #onStream(node: ScenarioNode, stream: TextStream): Built {
    const result = this.#streamToStream(node, stream)
    if (result !== null) return { type: 'S', stream: result }
    switch (node.op) {
      case 'groupByKey':
        return { type: 'GS', grouped: stream.groupByKey({ key: text, value: plainText }) }
      case 'groupBy': {
        const select = keySelector(node.key ?? '')
        return { type: 'GS', grouped: stream.groupBy<Key>((v, k) => select(k, v), { key: text, value: plainText }) }
      }
      case 'toTable':
        return { type: 'T', table: stream.toTable({ key: text, value: plainText, ...this.#tableStore(node) }) }
      default:
        throw new Unsupported(node.op)
    }
  }

  #streamToStream(node: ScenarioNode, stream: TextStream): TextStream | null {
    const { op, pred = '', key = '', value = '', flat = '' } = node
    switch (op) {
      case 'filter': {
        const passes = predicate(pred)
        return stream.filter((v, k) => passes(k, v))
      }
      case 'filterNot': {
        const passes = predicate(pred)
        return stream.filterNot((v, k) => passes(k, v))
      }
      case 'mapValues': {
        const map = valueMapper(value)
        return stream.mapValues((v, k) => map(k, v), { value: plainText })
      }
      case 'map': {
        const [select, map] = [keySelector(key), valueMapper(value)]
        return stream.map((v, k): readonly [Key, Value] => [select(k, v), map(k, v)], { key: KEYS, value: plainText })
      }
      case 'flatMap': {
        const { pairs } = flatMapper(flat)
        return stream.flatMap((v, k) => pairs(k, v), { key: KEYS, value: plainText })
      }
      case 'flatMapValues': {
        const { values } = flatMapper(flat)
        return stream.flatMapValues((v, k) => values(k, v), { value: plainText })
      }
      case 'selectKey': {
        const select = keySelector(key)
        return stream.selectKey((v, k) => select(k, v), { key: KEYS })
      }
      case 'peek':
        return stream.peek(() => {})
      case 'merge':
        return stream.merge(this.#stream(node, 1))
      case 'process':
        return this.#process(node, stream)
      case 'processValues':
        return this.#processValues(node, stream)
      case 'repartition':
        return stream.repartition({ key: text, value: plainText, ...(node.name !== undefined && { name: node.name }) })
      default:
        return null
    }
  }

  #process({ processor: spec = '', stores = [] }: ScenarioNode, stream: TextStream): TextStream {
    const make = processor(spec)
    const [store = ''] = stores
    return stream.process<Key, Value, string>(
      (context) => make({ context, store, forward: (record) => context.forward(record) }),
      { stores, key: KEYS, value: VALUES },
    )
  }

  #processValues({ processor: spec = '', stores = [] }: ScenarioNode, stream: TextStream): TextStream {
    const make = processor(spec)
    const [store = ''] = stores
    return stream.processValues<Value, string>(
      (context) => make({ context, store, forward: (record) => context.forward(record) }),
      { stores, value: VALUES },
    )
  }

  #onTable(node: ScenarioNode, table: TextTable): Built {
    const { op, pred = '', key, value = '' } = node
    switch (op) {
      case 'filter': {
        const passes = predicate(pred)
        return { type: 'T', table: table.filter((v, k) => passes(k, v), this.#store(node)) }
      }
      case 'filterNot': {
        const passes = predicate(pred)
        return { type: 'T', table: table.filterNot((v, k) => passes(k, v), this.#store(node)) }
      }
      case 'mapValues': {
        const map = valueMapper(value)
        return { type: 'T', table: table.mapValues((v, k) => map(k, v), { value: plainText, ...this.#store(node) }) }
      }
      case 'groupBy': {
        const [select, map] = [keySelector(key ?? ''), valueMapper(value)]
        const options = { key: text, value: plainText, mapValue: (v: string, k: Key) => map(k, v) }
        return { type: 'GT', groupedTable: table.groupBy((v, k) => select(k, v), options) }
      }
      case 'toStream': {
        const stream = table.toStream()
        if (key === undefined) return { type: 'S', stream }
        const select = keySelector(key)
        return { type: 'S', stream: stream.selectKey((v, k) => select(k, v), { key: KEYS }) }
      }
      case 'suppress':
        return { type: 'T', table: table.suppress(suppressed(node), node.store === undefined ? {} : { as: node.store }) }
      default:
        throw new Unsupported(op)
    }
  }

  #onGroupedStream(node: ScenarioNode, grouped: GroupedStream<TextKey, string>): Built {
    const store = this.#store(node)
    switch (node.op) {
      case 'windowedBy':
        return { type: 'WS', windowed: windowedBy(grouped, node) }
      case 'cogroup':
        return { type: 'CG', cogrouped: cogroup(null, grouped, node) }
      case 'count':
        return { type: 'T', table: rendered(grouped.count(store)) }
      case 'reduce':
        return { type: 'T', table: grouped.reduce(reducer(node.reducer ?? ''), { value: plainText, ...store }) }
      case 'aggregate':
        return { type: 'T', table: grouped.aggregate({ ...foldOf(node), value: plainText, ...store }) }
      default:
        throw new Unsupported(node.op)
    }
  }

  #onWindowedStream(node: ScenarioNode, windowed: Windowed): Built {
    if (node.op === 'emit') return { type: 'WS', windowed: withStrategy(windowed, node) }
    const store = { ...this.#store(node), ...(windowed.onClose ? onCloseRetention(node) : this.#retention(node)) }
    return { type: 'T', table: aggregateWindowed(windowed, node, store) }
  }

  #onCogrouped(node: ScenarioNode, cogrouped: Cogrouped): Built {
    switch (node.op) {
      case 'cogroup': {
        const other = this.#parent(node, 1)
        if (other.type !== 'GS') throw new Error(`"${node.id}" wants a grouped stream`)
        return { type: 'CG', cogrouped: cogroup(cogrouped, other.grouped, node) }
      }
      case 'windowedBy':
        return { type: 'CG', cogrouped: windowedCogroup(cogrouped, node) }
      case 'aggregate': {
        const retention = cogrouped.by === 'key' ? {} : this.#retention(node)
        return { type: 'T', table: aggregateCogroup(cogrouped, node, { ...this.#store(node), ...retention }) }
      }
      default:
        throw new Unsupported(node.op)
    }
  }

  #onGroupedTable(node: ScenarioNode, grouped: GroupedTable<TextKey, string>): Built {
    const store = this.#store(node)
    const { adder = '', subtractor = '' } = node
    switch (node.op) {
      case 'count':
        return { type: 'T', table: rendered(grouped.count(store)) }
      case 'reduce':
        return {
          type: 'T',
          table: grouped.reduce({ add: reducer(adder), subtract: reducer(subtractor), value: plainText, ...store }),
        }
      case 'aggregate': {
        const subtract = aggregator(subtractor)
        const fold = foldOf({ ...node, agg: adder })
        const unfold = (total: Value, v: string, k: TextKey): Value => subtract(k, v, total)
        return { type: 'T', table: grouped.aggregate({ ...fold, subtract: unfold, value: plainText, ...store }) }
      }
      default:
        throw new Unsupported(node.op)
    }
  }

  #tableStore(node: ScenarioNode): { readonly as?: string; readonly caching: boolean; readonly versioned?: number } {
    const { versioned } = node
    return versioned === undefined ? this.#store(node) : { ...this.#store(node), versioned }
  }

  #store(node: ScenarioNode): { readonly as?: string; readonly caching: boolean } {
    const caching = this.#scenario.caching === true
    return node.store === undefined ? { caching } : { caching, as: node.store }
  }

  /** Kafka Streams' caches show a window as long as they hold it, and those of the recording never let one go. */
  #retention({ retention }: ScenarioNode): { readonly retention?: number } {
    if (this.#scenario.caching === true) return { retention: Math.max(retention ?? 0, 86_400_000) }
    return retention === undefined ? {} : { retention }
  }

  #parent(node: ScenarioNode, index = 0): Built {
    const id = typeof node.from === 'string' ? node.from : node.from?.[index]
    const built = id === undefined ? undefined : this.#built.get(id)
    if (built === undefined) throw new Unsupported(node.op)
    return built
  }

  #stream(node: ScenarioNode, index = 0): TextStream {
    const built = this.#parent(node, index)
    if (built.type !== 'S') throw new Error(`"${node.id}" wants a stream`)
    return built.stream
  }
}

function topicOf({ id, topic }: ScenarioNode): string {
  if (topic === undefined) throw new Error(`"${id}" has no topic`)
  return topic
}

function targetOf(node: ScenarioNode): string | ((value: Value, key: Key) => string) {
  if (node.chooser === undefined) return topicOf(node)
  const choose = topicChooser(node.chooser)
  return (v, k) => choose(k, v)
}

/** FORMAT.md, emit on close: recorded with a store retention of a day. */
function onCloseRetention({ retention = 86_400_000 }: ScenarioNode): { readonly retention: number } {
  return { retention }
}
