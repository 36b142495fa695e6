import { type Key, str, type Value } from '../text.ts'
import { fault, has, lookup } from './spec.ts'

export type ValueMapper = (key: Key, value: Value) => Value

const VALUE_MAPPERS: Readonly<Record<string, (argument: string) => ValueMapper>> = {
  id: () => (_k, v) => v,
  upper: () => (_k, v) => v?.toUpperCase() ?? null,
  append: (x) => (_k, v) => (v === null ? null : v + x),
  show: () => (_k, v) => `<${str(v)}>`,
  keyValue: () => (k, v) => `${str(k)}:${str(v)}`,
  first: () => (_k, v) => v?.slice(0, 1) ?? null,
  last: () => (_k, v) => v?.slice(-1) ?? null,
  nullIfHas: (x) => (_k, v) => (has(v, x) ? null : v),
  const: (c) => () => c,
  null: () => () => null,
  len: () => (_k, v) => (v === null ? '-1' : String(v.length)),
  throwIfHas: (x) => (_k, v) => (has(v, x) ? fault() : v),
}

export function valueMapper(spec: string): ValueMapper {
  return lookup('value mapper', VALUE_MAPPERS, spec)
}
