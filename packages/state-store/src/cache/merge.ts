import type { EngineCursor, EngineEntry } from '../engine/engine.ts'

/** Entries that a cursor is asked for at a time. */
const CHUNK = 256

/** An uncommitted version of an entry, which hides the database's. */
export interface Pinned<R> {
  readonly engineKey: Buffer
  /** undefined: deleted. */
  readonly result: R | undefined
}

/**
 * Walks the database's entries with uncommitted ones laid over them, in the order of the database's keys, a chunk at a
 * time. `decode` turns a database entry into a result; undefined leaves it out.
 *
 * @param pinned - in the order of the walk
 */
export async function* merge<R>(
  cursor: EngineCursor,
  pinned: readonly Pinned<R>[],
  reverse: boolean,
  decode: (entry: EngineEntry) => R | undefined,
): AsyncGenerator<readonly R[], void> {
  let at = 0
  try {
    for (;;) {
      const chunk = await cursor.next(CHUNK)
      const results: R[] = []
      for (const entry of chunk) {
        let hidden = false
        for (let version = pinned[at]; version !== undefined && !hidden; version = pinned[at]) {
          const order = reverse ? Buffer.compare(entry[0], version.engineKey) : Buffer.compare(version.engineKey, entry[0])
          if (order > 0) break
          if (version.result !== undefined) results.push(version.result)
          hidden = order === 0
          at++
        }
        const result = hidden ? undefined : decode(entry)
        if (result !== undefined) results.push(result)
      }
      if (chunk.length > 0) {
        yield results
        continue
      }
      for (; at < pinned.length; at++) {
        const result = pinned[at]?.result
        if (result !== undefined) results.push(result)
      }
      yield results
      return
    }
  } finally {
    await cursor.close()
  }
}
