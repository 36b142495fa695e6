import type { App } from '@millrace/core'
import type { ExpectedStore } from '../scenario.ts'
import { type Key, render } from '../text.ts'

type TextKey = Exclude<Key, null>
type Row = readonly [renderedKey: string, value: string]

const EVERYTHING = { limit: Number.POSITIVE_INFINITY }

/**
 * What queries find in a store, as far as they say it: no timestamps, and windows by their start. Sorted by the rendered key; null:
 * there are no queries of this kind of store.
 */
export async function queryStore(app: App, name: string, kind: string): Promise<readonly Row[] | null> {
  if (kind === 'kv') {
    const entries = await app.store<TextKey, string | number>(name).range(undefined, undefined, EVERYTHING)
    return sorted(entries.map(([key, value]) => [render(key), String(value)]))
  }
  if (kind === 'window') {
    const entries = await app.windowStore<TextKey, string | number>(name).fetchAll(0, Number.MAX_SAFE_INTEGER, EVERYTHING)
    return sorted(entries.map(([key, start, value]) => [`${render(key)}@${start}`, String(value)]))
  }
  if (kind === 'session') {
    const entries = await app.sessionStore<TextKey, string | number>(name).fetchAll(EVERYTHING)
    return sorted(entries.map(([key, { start, end, value }]) => [render({ key, window: { start, end } }), String(value)]))
  }
  return null
}

/** Entries of one key and window stay in their order. */
function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
}

/** The rows of FORMAT.md in the form of {@link queryStore}. */
export function asQueried(kind: string, rows: ExpectedStore['rows']): readonly Row[] {
  return sorted(rows.map(([key, value]) => [kind === 'window' ? String(key).replace(/\/\d+$/, '') : String(key), String(value)]))
}
