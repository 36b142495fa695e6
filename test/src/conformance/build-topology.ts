import { type RecordView, type SplitStream, type Topology, type TopologyBuilder, topology } from '@millrace/core'
import { onCogrouped, onGroupedStream, onGroupedTable, onWindowedStream } from './build-grouped.ts'
import { isJoin, joinGlobal, joinStreams, joinTable, joinTables } from './build-joins.ts'
import { onStream } from './build-streams.ts'
import { onTable } from './build-tables.ts'
import { type Built, BuiltNodes } from './built-nodes.ts'
import { predicate } from './functions/predicates.ts'
import { topicChooser } from './functions/topic-choosers.ts'
import { timestampExtractor } from './functions/timestamp-extractors.ts'
import { plainStore } from './plain-store.ts'
import type { Scenario, ScenarioNode } from './scenario.ts'
import { StoreChoices } from './store-choice.ts'
import { type Key, nullableText, nullableValue, plainText, text, type TextStream, type Value } from './text.ts'
import { Unsupported } from './unsupported.ts'

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

class ScenarioBuilder {
  readonly #t: TopologyBuilder
  readonly #scenario: Scenario
  readonly #stores: StoreChoices
  readonly #nodes = new BuiltNodes()

  constructor(t: TopologyBuilder, scenario: Scenario) {
    this.#t = t
    this.#scenario = scenario
    this.#stores = new StoreChoices(scenario.caching === true)
  }

  build(): void {
    for (const node of this.#scenario.nodes) {
      const built = this.#node(node)
      if (built !== null) this.#nodes.add(node.id, built)
    }
  }

  #node(node: ScenarioNode): Built | null {
    switch (node.op) {
      case 'stream':
        return { type: 'S', stream: this.#source(node) }
      case 'table':
        return { type: 'T', table: this.#t.table(topicOf(node), { key: text, value: plainText, ...this.#stores.ofTable(node) }) }
      case 'to':
        this.#nodes.stream(node).to(targetOf(node), { key: nullableText, value: plainText })
        return null
      case 'split':
        this.#split(node)
        return null
      case 'store':
        this.#t.addStateStore(plainStore(node, this.#stores.caching))
        return null
      case 'globalTable': {
        const { as } = this.#stores.of(node)
        const options = { key: text, value: plainText, ...(as !== undefined && { as }) }
        return { type: 'G', global: this.#t.globalTable(topicOf(node), options) }
      }
      default:
        return isJoin(node.op) ? this.#join(node) : this.#after(node, this.#nodes.parent(node))
    }
  }

  #after(node: ScenarioNode, parent: Built): Built {
    switch (parent.type) {
      case 'S':
        return onStream(node, parent.stream, this.#nodes, this.#stores)
      case 'T':
        return onTable(node, parent.table, this.#stores)
      case 'GS':
        return onGroupedStream(node, parent.grouped, this.#stores)
      case 'WS':
        return onWindowedStream(node, parent.windowed, this.#stores)
      case 'CG':
        return onCogrouped(node, parent.cogrouped, this.#nodes, this.#stores)
      case 'GT':
        return onGroupedTable(node, parent.groupedTable, this.#stores)
      case 'G':
        throw new Unsupported(node.op)
    }
  }

  #join(node: ScenarioNode): Built {
    const [left, right] = [this.#nodes.parent(node), this.#nodes.parent(node, 1)]
    if (left.type === 'T' && right.type === 'T') {
      return { type: 'T', table: joinTables(node, left.table, right.table, this.#stores.of(node)) }
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
      key: nullableText,
      value: nullableValue,
      ...(extract && { timestamp: (value: Value, _key: Key, record: RecordView) => extract(value, record.timestamp) }),
    })
  }

  #split(node: ScenarioNode): void {
    let branches: SplitStream<Key, Value, 'known', Readonly<Record<string, TextStream>>> = this.#nodes
      .stream(node)
      .split({ name: node.id })
    for (const [name, spec] of node.branches ?? []) {
      const passes = predicate(spec)
      branches = branches.branch(name, (v: Value, k: Key) => passes(k, v))
    }
    const streams = node.default === undefined ? branches.noDefaultBranch() : branches.defaultBranch(node.default)
    for (const [name, stream] of Object.entries(streams)) this.#nodes.add(`${node.id}.${name}`, { type: 'S', stream })
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
