import type { Value } from '../text.ts'
import { has, lookup } from './spec.ts'

export type Timestamp = (value: Value, recordTimestamp: number) => number

const EXTRACTORS: Readonly<Record<string, (argument: string) => Timestamp>> = {
  add: (n) => (_v, ts) => ts + Number(n),
  fixed: (n) => () => Number(n),
  negIfHas: (x) => (v, ts) => (has(v, x) ? -1 : ts),
}

export function timestampExtractor(spec: string): Timestamp {
  return lookup('timestamp extractor', EXTRACTORS, spec)
}
