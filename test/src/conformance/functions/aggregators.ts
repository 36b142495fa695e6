import { type Key, str, type Value } from '../text.ts'
import { has, lookup } from './spec.ts'

export type Aggregator = (key: Key, value: Value, aggregate: Value) => Value

const AGGREGATORS: Readonly<Record<string, (argument: string) => Aggregator>> = {
  concat: () => concat,
  plus: () => (_k, v, agg) => `${str(agg)}+${str(v)}`,
  minus: () => (_k, v, agg) => `${str(agg)}-${str(v)}`,
  withKey: () => (k, v, agg) => `${str(agg)}(${str(k)},${str(v)})`,
  nullIfHas: (x) => (k, v, agg) => (has(v, x) ? null : concat(k, v, agg)),
  // A function as replacement: a text would be read for `$` patterns.
  removeFirst: () => (_k, v, agg) => str(agg).replace(str(v), () => ''),
  last: () => (_k, v) => v,
  null: () => () => null,
}

export function aggregator(spec: string): Aggregator {
  return lookup('aggregator', AGGREGATORS, spec)
}

function concat(_key: Key, value: Value, aggregate: Value): Value {
  return str(aggregate) + str(value)
}
