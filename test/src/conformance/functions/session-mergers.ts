import { type Key, str, type Value } from '../text.ts'
import { has, lookup } from './spec.ts'

/** `aggregate`: so far, at first the initial one; `session`: the one found. */
export type SessionMerger = (key: Key, aggregate: Value, session: Value) => Value

const MERGERS: Readonly<Record<string, (argument: string) => SessionMerger>> = {
  bar: () => bar,
  nullIfHas: (x) => (key, a, b) => (has(a, x) || has(b, x) ? null : bar(key, a, b)),
}

export function sessionMerger(spec: string): SessionMerger {
  return lookup('session merger', MERGERS, spec)
}

function bar(_key: Key, aggregate: Value, session: Value): Value {
  return `${str(aggregate)}|${str(session)}`
}
