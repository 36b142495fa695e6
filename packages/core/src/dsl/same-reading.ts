import { MillraceError } from '../errors.ts'
import type { GraphSource } from '../plan/graph/index.ts'

/**
 * A topic or feed is read once, however often it is named, so all who name it must want the same.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when they do not
 */
export function checkSameReading(present: GraphSource, wanted: Omit<GraphSource, 'id' | 'parents'>): void {
  const difference = differenceOf(present, wanted)
  if (difference === null) return
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `"${present.id}" is read twice, with different ${difference}. It is read once for all: name it once and use that stream or table in both places`,
    { location: { operator: present.id } },
  )
}

function differenceOf(a: GraphSource, b: Omit<GraphSource, 'id' | 'parents'>): string | null {
  if (a.as !== b.as) return 'kinds: as a stream and as a table (see toTable and toStream)'
  if (a.topic !== b.topic || a.feed?.connector.name !== b.feed?.connector.name) return 'topics'
  if (a.key.name !== b.key.name) return `key serdes: ${a.key.name} and ${b.key.name}`
  if (a.value.name !== b.value.name) return `value serdes: ${a.value.name} and ${b.value.name}`
  if (!sameFields(a.feed?.spec, b.feed?.spec)) return 'settings of the feed'
  // A feed's extractor belongs to its settings, and is made anew with each description of the feed.
  if (a.feed === undefined && a.timestamp !== b.timestamp) return 'timestamp functions'
  if (!sameFields(a.onInvalid, b.onInvalid)) return 'onInvalid'
  if (!sameFields(a.store, b.store, ['key', 'value'])) return 'stores'
  for (const field of ['startFrom', 'skipTombstones', 'partitions', 'retention', 'idleAfter'] as const) {
    if (a[field] !== b[field]) return field
  }
  return null
}

/** Equality of plain values and of the fields of plain objects; what is deeper must be the same object. */
function sameFields(a: unknown, b: unknown, except: readonly string[] = []): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return false
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))]
  return left.length === right.size && left.every(([key, value]) => except.includes(key) || sameItem(value, right.get(key)))
}

function sameItem(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b)
  return a.length === b.length && a.every((item, index) => Object.is(item, b[index]))
}
