import { type Key, str, type Value } from '../text.ts'
import { lookup } from './spec.ts'

export interface FlatMapper {
  readonly values: (key: Key, value: Value) => readonly Value[]
  readonly pairs: (key: Key, value: Value) => readonly (readonly [Key, Value])[]
}

const FLAT_MAPPERS: Readonly<Record<string, (argument: string) => FlatMapper>> = {
  none: () => ({ values: () => [], pairs: () => [] }),
  dup: () => ({
    values: (_k, v) => [v, primed(v)],
    pairs: (k, v) => [
      [k, v],
      [k, primed(v)],
    ],
  }),
  chars: () => ({
    values: (_k, v) => v?.split('') ?? [],
    pairs: (_k, v) => (v?.split('') ?? []).map((char) => [char, char]),
  }),
  fan: (chars) => ({
    values: (_k, v) => chars.split('').map((char) => str(v) + char),
    pairs: (_k, v) => chars.split('').map((char) => [char, str(v) + char]),
  }),
  swap: () => ({
    values: () => {
      throw new Error('FORMAT.md knows "swap" for pairs only')
    },
    pairs: (k, v) => [[v, k === null ? null : str(k)]],
  }),
}

export function flatMapper(spec: string): FlatMapper {
  return lookup('flat mapper', FLAT_MAPPERS, spec)
}

function primed(value: Value): Value {
  return value === null ? null : `${value}'`
}
