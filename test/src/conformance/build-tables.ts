import { suppressed } from './build-windows.ts'
import type { Built } from './built-nodes.ts'
import { keySelector } from './functions/key-selectors.ts'
import { predicate } from './functions/predicates.ts'
import { valueMapper } from './functions/value-mappers.ts'
import type { ScenarioNode } from './scenario.ts'
import type { StoreChoices } from './store-choice.ts'
import { type Key, nullableText, plainText, text, type TextTable } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** What an operator makes of a table. */
export function onTable(node: ScenarioNode, table: TextTable, stores: StoreChoices): Built {
  const { op, pred = '', key, value = '' } = node
  switch (op) {
    case 'filter': {
      const passes = predicate(pred)
      return { type: 'T', table: table.filter((v, k) => passes(k, v), stores.of(node)) }
    }
    case 'filterNot': {
      const passes = predicate(pred)
      return { type: 'T', table: table.filterNot((v, k) => passes(k, v), stores.of(node)) }
    }
    case 'mapValues': {
      const map = valueMapper(value)
      return { type: 'T', table: table.mapValues((v, k) => map(k, v), { value: plainText, ...stores.of(node) }) }
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
      return { type: 'S', stream: stream.selectKey((v, k) => select(k, v), { key: nullableText }) }
    }
    case 'suppress':
      return { type: 'T', table: table.suppress(suppressed(node), node.store === undefined ? {} : { as: node.store }) }
    default:
      throw new Unsupported(op)
  }
}
