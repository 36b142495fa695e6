import { str, type Value } from '../text.ts'
import { has, lookup } from './spec.ts'

export type Reducer = (aggregate: Value, value: Value) => Value

const REDUCERS: Readonly<Record<string, (argument: string) => Reducer>> = {
  concat: () => concat,
  minus: () => (a, b) => `${str(a)}-${str(b)}`,
  max: () => (a, b) => (str(b) > str(a) ? b : a),
  min: () => (a, b) => (str(b) < str(a) ? b : a),
  first: () => (a) => a,
  last: () => (_a, b) => b,
  null: () => () => null,
  nullIfHas: (x) => (a, b) => (has(b, x) ? null : concat(a, b)),
}

export function reducer(spec: string): Reducer {
  return lookup('reducer', REDUCERS, spec)
}

function concat(a: Value, b: Value): Value {
  return str(a) + str(b)
}
