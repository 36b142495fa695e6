import { type Key, str, type Value } from '../text.ts'
import { has, lookup } from './spec.ts'

export type Joiner = (key: Key, left: Value, right: Value) => Value

const JOINERS: Readonly<Record<string, (argument: string) => Joiner>> = {
  plus: () => plus,
  withKey: () => (k, l, r) => `${str(k)}:${plus(k, l, r)}`,
  nullIfHas: (x) => (k, l, r) => (has(l, x) || has(r, x) ? null : plus(k, l, r)),
  left: () => (_k, l) => l,
  right: () => (_k, _l, r) => r,
}

export function joiner(spec: string): Joiner {
  return lookup('joiner', JOINERS, spec)
}

function plus(_key: Key, left: Value, right: Value): Value {
  return `${str(left)}+${str(right)}`
}
