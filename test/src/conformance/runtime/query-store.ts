import type { App } from '@millrace/core'
import type { ExpectedStore } from '../scenario.ts'
import { Unsupported } from '../unsupported.ts'
import { render, type TextKey } from '../text.ts'

type Row = readonly [renderedKey: string, value: string]

const EVERYTHING = { limit: Number.POSITIVE_INFINITY }

/**
 * What queries find in a store, as far as they say it: no timestamps but those of versions, and windows by their start. Sorted by
 * the rendered key.
 *
 * @param keys whose versions are wanted
 */
export async function queryStore(app: App, name: string, kind: string, keys: readonly string[]): Promise<readonly Row[]> {
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
  if (kind === 'versioned') {
    const store = app.versionedStore<TextKey, string>(name)
    const rows: Row[] = []
    for (const key of keys) {
      for (const { value, validFrom, validTo } of await store.versions(key))
        rows.push([versionOf(key, validFrom, validTo), value])
    }
    return sorted(rows)
  }
  throw new Unsupported(`${kind} store`)
}

function versionOf(key: unknown, validFrom: unknown, validTo: unknown): string {
  return `${String(key)} from ${String(validFrom)} to ${String(validTo)}`
}

/** Entries of one key and window stay in their order. */
function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
}

/** The rows of FORMAT.md in the form of {@link queryStore}. */
export function asQueried(kind: string, rows: ExpectedStore['rows']): readonly Row[] {
  return sorted(
    rows.map(([key, value, from, to]) => {
      if (kind === 'versioned') return [versionOf(key, from, to), String(value)]
      return [kind === 'window' ? String(key).replace(/\/\d+$/, '') : String(key), String(value)]
    }),
  )
}
