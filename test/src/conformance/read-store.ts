import type { TopologyTestDriver } from '@millrace/core'
import { type Key, render } from './text.ts'
import { Unsupported } from './unsupported.ts'

type Row = readonly (string | number | null)[]

/**
 * The visible content of a store as FORMAT.md writes it, sorted by the rendered key.
 *
 * @param keys whose versions are wanted
 * @param plain one of a `store` node: its entries have no timestamps
 */
export async function readStore(
  driver: TopologyTestDriver,
  name: string,
  kind: string,
  plain: boolean,
  keys: readonly string[],
): Promise<readonly Row[]> {
  const rows: Row[] = []
  if (kind === 'kv' && plain) {
    const store = driver.keyValueStore<Exclude<Key, null>, string>(name)
    for await (const [key, value] of store.range()) rows.push([render(key), value])
  } else if (kind === 'kv') {
    const store = driver.timestampedStore<Exclude<Key, null>, string | number>(name)
    for await (const [key, { value, timestamp }] of store.range()) rows.push([render(key), String(value), timestamp])
  } else if (kind === 'window') {
    const store = driver.windowStore<Exclude<Key, null>, string | number>(name)
    for await (const [key, start, { value, timestamp }] of store.fetchAll(0, Number.MAX_SAFE_INTEGER)) {
      const row = [render({ key, window: { start, end: start + store.size } }), String(value)]
      rows.push(plain ? row : [...row, timestamp])
    }
  } else if (kind === 'session') {
    const store = driver.sessionStore<Exclude<Key, null>, string | number>(name)
    for await (const [key, { start, end, value }] of store.all()) {
      rows.push([render({ key, window: { start, end } }), String(value)])
    }
  } else if (kind === 'versioned') {
    const store = driver.versionedStore<Exclude<Key, null>, string>(name)
    for (const key of keys)
      for (const { value, validFrom, validTo } of store.versions(key)) rows.push([key, value, validFrom, validTo])
    return rows
  } else {
    throw new Unsupported(`${kind} store`)
  }
  return rows.sort(byRenderedKey)
}

/** Entries of one key and time stay in their order. */
function byRenderedKey([a]: Row, [b]: Row): number {
  return a === b ? 0 : String(a) < String(b) ? -1 : 1
}
