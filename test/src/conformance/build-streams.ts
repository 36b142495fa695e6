import { type Built, type BuiltNodes } from './built-nodes.ts'
import { flatMapper } from './functions/flat-mappers.ts'
import { keySelector } from './functions/key-selectors.ts'
import { predicate } from './functions/predicates.ts'
import { processor } from './functions/processors.ts'
import { valueMapper } from './functions/value-mappers.ts'
import type { ScenarioNode } from './scenario.ts'
import type { StoreChoices } from './store-choice.ts'
import { type Key, nullableText, nullableValue, plainText, text, type TextStream, type Value } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** What an operator makes of a stream. */
export function onStream(node: ScenarioNode, stream: TextStream, nodes: BuiltNodes, stores: StoreChoices): Built {
  switch (node.op) {
    case 'groupByKey':
      return { type: 'GS', grouped: stream.groupByKey({ key: text, value: plainText }) }
    case 'groupBy': {
      const select = keySelector(node.key ?? '')
      return { type: 'GS', grouped: stream.groupBy<Key>((v, k) => select(k, v), { key: text, value: plainText }) }
    }
    case 'toTable':
      return { type: 'T', table: stream.toTable({ key: text, value: plainText, ...stores.ofTable(node) }) }
    case 'merge':
      return { type: 'S', stream: stream.merge(nodes.stream(node, 1)) }
    default:
      return { type: 'S', stream: recordByRecord(node, stream) }
  }
}

function recordByRecord(node: ScenarioNode, stream: TextStream): TextStream {
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
      return stream.map((v, k): readonly [Key, Value] => [select(k, v), map(k, v)], { key: nullableText, value: plainText })
    }
    case 'flatMap': {
      const { pairs } = flatMapper(flat)
      return stream.flatMap((v, k) => pairs(k, v), { key: nullableText, value: plainText })
    }
    case 'flatMapValues': {
      const { values } = flatMapper(flat)
      return stream.flatMapValues((v, k) => values(k, v), { value: plainText })
    }
    case 'selectKey': {
      const select = keySelector(key)
      return stream.selectKey((v, k) => select(k, v), { key: nullableText })
    }
    case 'peek':
      return stream.peek(() => {})
    case 'process':
      return process(node, stream)
    case 'processValues':
      return processValues(node, stream)
    case 'repartition':
      return stream.repartition({ key: text, value: plainText, ...(node.name !== undefined && { name: node.name }) })
    default:
      throw new Unsupported(op)
  }
}

function process({ processor: spec = '', stores = [] }: ScenarioNode, stream: TextStream): TextStream {
  const make = processor(spec)
  const [store = ''] = stores
  return stream.process<Key, Value, string>((context) => make({ context, store, forward: (record) => context.forward(record) }), {
    stores,
    key: nullableText,
    value: nullableValue,
  })
}

function processValues({ processor: spec = '', stores = [] }: ScenarioNode, stream: TextStream): TextStream {
  const make = processor(spec)
  const [store = ''] = stores
  return stream.processValues<Value, string>(
    (context) => make({ context, store, forward: (record) => context.forward(record) }),
    { stores, value: nullableValue },
  )
}
