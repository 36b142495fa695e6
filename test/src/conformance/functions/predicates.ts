import { type Key, str, type Value } from '../text.ts'
import { fault, has, lookup } from './spec.ts'

export type Predicate = (key: Key, value: Value) => boolean

const PREDICATES: Readonly<Record<string, (argument: string) => Predicate>> = {
  true: () => () => true,
  false: () => () => false,
  has: (x) => (_k, v) => has(v, x),
  keyHas: (x) => (k) => k !== null && str(k).includes(x),
  lenGt: (n) => (_k, v) => v !== null && v.length > Number(n),
  isNull: () => (_k, v) => v === null,
  notNull: () => (_k, v) => v !== null,
  keyNull: () => (k) => k === null,
  throwIfHas: (x) => (_k, v) => (has(v, x) ? fault() : true),
}

export function predicate(spec: string): Predicate {
  return lookup('predicate', PREDICATES, spec)
}
