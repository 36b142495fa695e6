import { type Key, str, type Value } from '../text.ts'
import { has, lookup } from './spec.ts'

export type KeySelector = (key: Key, value: Value) => Key

const KEY_SELECTORS: Readonly<Record<string, (argument: string) => KeySelector>> = {
  key: () => (k) => k,
  value: () => (_k, v) => v,
  first: () => (_k, v) => v?.slice(0, 1) ?? null,
  last: () => (_k, v) => v?.slice(-1) ?? null,
  keyFirst: () => (k) => (k === null ? null : str(k).slice(0, 1)),
  append: (x) => (k) => str(k) + x,
  nullIfHas: (x) => (k, v) => (has(v, x) ? null : k),
  firstUnless: (x) => (_k, v) => (has(v, x) ? null : (v?.slice(0, 1) ?? null)),
  const: (c) => () => c,
  null: () => () => null,
}

export function keySelector(spec: string): KeySelector {
  return lookup('key selector', KEY_SELECTORS, spec)
}
