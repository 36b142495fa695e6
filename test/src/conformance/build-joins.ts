import type { GlobalTable } from '@millrace/core'
import { type Joiner, joiner } from './functions/joiners.ts'
import { keySelector } from './functions/key-selectors.ts'
import type { ScenarioNode } from './scenario.ts'
import type { StoreChoice } from './store-choice.ts'
import { type Key, plainText, text, type TextKey, type TextStream, type TextTable, type Value } from './text.ts'
import { Unsupported } from './unsupported.ts'

const METHODS = ['join', 'leftJoin', 'outerJoin'] as const
type Method = (typeof METHODS)[number]

/** Whether the operator is a join. */
export function isJoin(op: string): boolean {
  return METHODS.some((method) => method === op)
}

/** `join`, `leftJoin` and `outerJoin` of two streams. */
export function joinStreams(node: ScenarioNode, left: TextStream, right: TextStream): TextStream {
  const { before = 0, after = 0, grace = 0 } = node.window ?? {}
  const { join, named, method } = partsOf(node)
  const options = { within: { before, after }, grace, key: text, ...named }
  const apply = (l: Value, r: Value, k: Key): Value => join(k, l, r)
  if (method === 'join') return left.join(right, apply, options)
  return method === 'leftJoin' ? left.leftJoin(right, apply, options) : left.outerJoin(right, apply, options)
}

/** `join` and `leftJoin` of a stream with a table. */
export function joinTable(node: ScenarioNode, stream: TextStream, table: TextTable): TextStream {
  const { join, named, method } = partsOf(node)
  const options = { key: text, ...named, ...(node.grace !== undefined && { grace: node.grace }) }
  if (method === 'join') return stream.join(table, (value, row, k) => join(k, value, row), options)
  return stream.leftJoin(table, (value, row, k) => join(k, value, row), options)
}

/** `join` and `leftJoin` of a stream with a global table. */
export function joinGlobal(node: ScenarioNode, stream: TextStream, table: GlobalTable<TextKey, string>): TextStream {
  const { join, named, method } = partsOf(node)
  const select = keySelector(node.key ?? '')
  const options = { ...named, on: (value: Value, key: Key) => select(key, value) }
  if (method === 'join') return stream.join(table, (value, row, k) => join(k, value, row), options)
  return stream.leftJoin(table, (value, row, k) => join(k, value, row), options)
}

/** All joins of two tables. FORMAT.md: their joiners get no key. */
export function joinTables(node: ScenarioNode, left: TextTable, right: TextTable, store: StoreChoice): TextTable {
  const { join, named, method } = partsOf(node)
  const apply = (l: Value, r: Value): Value => join(null, l, r)
  if (node.fk === undefined) {
    const options = { key: text, ...named, ...store }
    if (method === 'join') return left.join(right, apply, options)
    return method === 'leftJoin' ? left.leftJoin(right, apply, options) : left.outerJoin(right, apply, options)
  }
  const options = { ...named, ...store }
  const select = keySelector(node.fk)
  const on = (value: string, key: Key): Key => select(key, value)
  return method === 'join' ? left.join(right, apply, { ...options, on }) : left.leftJoin(right, apply, { ...options, on })
}

function partsOf(node: ScenarioNode): {
  readonly method: Method
  readonly join: Joiner
  readonly named: { readonly value: typeof plainText; readonly name: string }
} {
  const method = METHODS.find((candidate) => candidate === node.op)
  if (method === undefined) throw new Unsupported(node.op)
  return { method, join: joiner(node.joiner ?? ''), named: { value: plainText, name: node.id } }
}
