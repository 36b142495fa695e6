import type { GroupedStream, GroupedTable } from '@millrace/core'
import {
  aggregateCogroup,
  aggregateWindowed,
  type Cogrouped,
  cogroup,
  foldOf,
  rendered,
  type Windowed,
  windowedBy,
  windowedCogroup,
  withStrategy,
} from './build-windows.ts'
import type { Built, BuiltNodes } from './built-nodes.ts'
import { aggregator } from './functions/aggregators.ts'
import { reducer } from './functions/reducers.ts'
import type { ScenarioNode } from './scenario.ts'
import type { StoreChoices } from './store-choice.ts'
import { plainText, type TextKey, type Value } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** What an operator makes of a grouped stream. */
export function onGroupedStream(node: ScenarioNode, grouped: GroupedStream<TextKey, string>, stores: StoreChoices): Built {
  const store = stores.of(node)
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

/** The same of a grouped stream by window. */
export function onWindowedStream(node: ScenarioNode, windowed: Windowed, stores: StoreChoices): Built {
  if (node.op === 'emit') return { type: 'WS', windowed: withStrategy(windowed, node) }
  const store = windowed.onClose ? stores.ofClosingWindows(node) : stores.ofWindows(node)
  return { type: 'T', table: aggregateWindowed(windowed, node, store) }
}

/** The same of several grouped streams. */
export function onCogrouped(node: ScenarioNode, cogrouped: Cogrouped, nodes: BuiltNodes, stores: StoreChoices): Built {
  switch (node.op) {
    case 'cogroup':
      return { type: 'CG', cogrouped: cogroup(cogrouped, nodes.grouped(node, 1), node) }
    case 'windowedBy':
      return { type: 'CG', cogrouped: windowedCogroup(cogrouped, node) }
    case 'aggregate': {
      const store = cogrouped.by === 'key' ? stores.of(node) : stores.ofWindows(node)
      return { type: 'T', table: aggregateCogroup(cogrouped, node, store) }
    }
    default:
      throw new Unsupported(node.op)
  }
}

/** The same of a grouped table. */
export function onGroupedTable(node: ScenarioNode, grouped: GroupedTable<TextKey, string>, stores: StoreChoices): Built {
  const store = stores.of(node)
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
