import type { TopologyTestDriver } from '@millrace/core'
import { type Key, render } from './text.ts'
import { Unsupported } from './unsupported.ts'

type Row = readonly (string | number | null)[]

/** The visible content of a store as FORMAT.md writes it, sorted by the rendered key. */
export async function readStore(driver: TopologyTestDriver, name: string, kind: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  if (kind === 'kv') {
    const store = driver.timestampedStore<Exclude<Key, null>, string | number>(name)
    for await (const [key, { value, timestamp }] of store.range()) rows.push([render(key), String(value), timestamp])
  } else if (kind === 'window') {
    const store = driver.windowStore<Exclude<Key, null>, string | number>(name)
    for await (const [key, start, { value, timestamp }] of store.fetchAll(0, Number.MAX_SAFE_INTEGER)) {
      rows.push([render({ key, window: { start, end: start + store.size } }), String(value), timestamp])
    }
  } else {
    throw new Unsupported(`${kind} store`)
  }
  return rows.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
}
