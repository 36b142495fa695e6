import type { StateEngine } from '../engine/engine.ts'
import { StateStoreError } from '../errors.ts'
import type { StoreDefinition } from '../stores/definition.ts'
import { HEADER_KEY } from './keys.ts'

/** Version of the layout on disk; a database of a newer one is refused. */
export const STATE_FORMAT = 1

/** How the database keeps one store. Fixed when the store is first opened. */
export interface StoreLayout {
  /** Number of the store: the prefix of its keys. */
  readonly id: number
  readonly kind: StoreDefinition['kind']
  /** Window stores: length of a time segment, ms. Entries of one segment are neighbours on disk, and expire together. */
  readonly segment?: number
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
    if (kept === undefined) {
      changed = true
      const id = nextId++
      stores.set(
        name,
        kind === 'window' ? { id, kind, segment: segmentLength(definition.size, definition.retention) } : { id, kind },
      )
    } else if (kept.kind !== kind) {
      throw new StateStoreError(
        'STATE_STORE_CHANGED',
        `The store '${name}' is declared as ${kind}, but the state database in ${engine.location} keeps it as ${kept.kind}. ` +
          'Give the new store another name, or delete the state and its changelog.',
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
