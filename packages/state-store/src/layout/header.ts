import type { StateEngine } from '../engine/engine.ts'
import { StateStoreError } from '../errors.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import { HEADER_KEY, marksKey, observedKey, prefix } from './keys.ts'

/** Version of the layout on disk; a database of a newer one is refused. */
export const STATE_FORMAT = 1

/** How the database keeps one store. Fixed when the store is first opened. */
export interface StoreLayout {
  /** Number of the store: the prefix of its keys. */
  readonly id: number
  readonly kind: StoreDefinition['kind']
  /** Window stores: length of a time segment, ms. Entries of one segment are neighbours on disk, and expire together. */
  readonly segment?: number
  /** Window stores: windows of a key are kept many to a page, and so with duplicates. */
  readonly paged?: 'windows' | 'duplicates'
  /** Entries of a key-value store have a stamp that their time-to-live counts from. */
  readonly stamped?: true
}

interface Header {
  readonly format: number
  readonly stores: Readonly<Record<string, StoreLayout>>
}

/** Reads the header, adds stores that are new to it, and returns the layout of each. */
export async function openLayouts(
  engine: StateEngine,
  definitions: readonly StoreDefinition[],
): Promise<ReadonlyMap<string, StoreLayout>> {
  const header = await readHeader(engine)
  const stores = new Map(Object.entries(header?.stores ?? {}))
  let nextId = Math.max(0, ...[...stores.values()].map((layout) => layout.id)) + 1
  let changed = header === undefined
  for (const definition of definitions) {
    const { name, kind } = definition
    const kept = stores.get(name)
    const wanted = layoutOf(definition)
    if (kept === undefined) {
      changed = true
      stores.set(name, { id: nextId++, ...wanted })
    } else if (kept.kind !== kind || kept.paged !== wanted.paged || kept.stamped !== wanted.stamped) {
      throw new StateStoreError(
        'STATE_STORE_CHANGED',
        `The store '${name}' is declared as ${describe(wanted)}, but the state database in ${engine.location} keeps it as ` +
          `${describe(kept)}. Give the new store another name, or delete the state and its changelog.`,
      )
    }
  }
  if (changed) {
    const content: Header = { format: STATE_FORMAT, stores: Object.fromEntries(stores) }
    // Durable: entries under a number that the header has lost would be another store's.
    await engine.write([{ type: 'put', key: HEADER_KEY, value: JSON.stringify(content) }], { durable: true })
  }
  return stores
}

/**
 * Deletes what the database has of stores that are now kept in memory: should they come back, what was here would be old.
 * Their entries go first, so that an interrupted run of this is finished by the next.
 */
export async function forgetStores(engine: StateEngine, names: readonly string[]): Promise<void> {
  const header = await readHeader(engine)
  const stores = Object.entries(header?.stores ?? {})
  const gone = stores.filter(([name]) => names.includes(name))
  if (header === undefined || gone.length === 0) return
  for (const [, { id }] of gone) {
    await engine.clear({ gte: prefix(id), lt: prefix(id + 1) })
    await engine.write([
      { type: 'delete', key: observedKey(id) },
      { type: 'delete', key: marksKey(id) },
    ])
  }
  const kept: Header = { ...header, stores: Object.fromEntries(stores.filter(([name]) => !names.includes(name))) }
  await engine.write([{ type: 'put', key: HEADER_KEY, value: JSON.stringify(kept) }], { durable: true })
}

function layoutOf(definition: StoreDefinition): Omit<StoreLayout, 'id'> {
  const { kind } = definition
  if (kind === 'key-value') return definition.timeToLive === undefined ? { kind } : { kind, stamped: true }
  if (kind !== 'window') return { kind }
  const { size, retention, pageSpan, duplicates } = definition
  if (pageSpan === undefined) return { kind, segment: segmentLength(size, retention) }
  return { kind, segment: segmentLength(pageSpan, retention), paged: duplicates === true ? 'duplicates' : 'windows' }
}

function describe({ kind, paged, stamped }: Omit<StoreLayout, 'id'>): string {
  const kinds = { windows: 'paged window', duplicates: 'paged window with duplicates' }
  if (paged !== undefined) return kinds[paged]
  return stamped === true ? `${kind} with a time-to-live` : kind
}

async function readHeader(engine: StateEngine): Promise<Header | undefined> {
  const text = engine.get(HEADER_KEY)
  if (text === undefined) {
    const cursor = engine.cursor({})
    const first = await cursor.next(1)
    await cursor.close()
    if (first.length === 0) return undefined
    throw new StateStoreError(
      'STATE_CORRUPT',
      `The state database in ${engine.location} has entries but no header: it is damaged, or not a state database. Delete this ` +
        'folder, or choose another: the state is rebuilt from its changelog topics.',
    )
  }
  const header = parseStateRecord<Header>(engine, 'header', text)
  if (!(header.format <= STATE_FORMAT)) {
    throw new StateStoreError(
      'STATE_FORMAT',
      `The state database in ${engine.location} has format ${header.format}; this version reads up to ${STATE_FORMAT}. Run the ` +
        'newer version again, or delete this folder: the state is then rebuilt from its changelog topics.',
    )
  }
  return header
}

/** Parses one of the state's own records. */
export function parseStateRecord<T extends object>(engine: StateEngine, name: string, text: Buffer): T {
  let value: unknown
  try {
    value = JSON.parse(text.toString())
  } catch {
    value = null
  }
  if (typeof value === 'object' && value !== null) return value as T
  throw new StateStoreError(
    'STATE_CORRUPT',
    `The ${name} of the state database in ${engine.location} is unreadable. Delete this folder: the state is rebuilt from its ` +
      'changelog topics.',
  )
}

/** At most about a thousand segments within the retention, so that a fetch over all of it stays affordable. */
const MOST_SEGMENTS = 1024
const LONGEST_SEGMENT = 2 ** 45

function segmentLength(size: number, retention: number): number {
  const least = Number.isFinite(retention) ? Math.ceil(retention / MOST_SEGMENTS) : 1
  return Math.max(1, Math.min(Math.ceil(Math.max(size, least)), LONGEST_SEGMENT))
}
