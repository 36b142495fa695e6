import type { EngineEntry, EngineOperation, EngineRange, StateEngine } from '../engine/engine.ts'

/** Time between two sweeps at least, ms. */
export const LEAST_SWEEP_MS = 60_000

/** Entries that are looked at between two turns of the event loop. */
const CHUNK = 256

/**
 * Finds entries of the database that nobody can see any more, where they are not neighbours: a walk over the store in the
 * background. What it finds is deleted by the next commit, unless it has changed by then.
 */
export class Sweep {
  readonly #engine: StateEngine
  readonly #range: EngineRange
  readonly #isExpired: (key: Buffer, value: Buffer) => boolean
  readonly #release: (key: Buffer) => boolean
  #found: Buffer[] = []

  /** @param release - asks the cache to forget an entry before it is deleted; false: it was written meanwhile. */
  constructor(
    engine: StateEngine,
    range: EngineRange,
    isExpired: (key: Buffer, value: Buffer) => boolean,
    release: (key: Buffer) => boolean,
  ) {
    this.#engine = engine
    this.#range = range
    this.#isExpired = isExpired
    this.#release = release
  }

  async run(stopping: () => boolean): Promise<void> {
    const cursor = this.#engine.cursor(this.#range)
    try {
      for (let chunk: readonly EngineEntry[] = await cursor.next(CHUNK); chunk.length > 0; chunk = await cursor.next(CHUNK)) {
        for (const [key, value] of chunk) if (this.#isExpired(key, value)) this.#found.push(key)
        if (stopping()) return
      }
    } finally {
      await cursor.close()
    }
  }

  collect(batch: EngineOperation[]): void {
    for (const key of this.#found) {
      const value = this.#engine.get(key)
      if (value !== undefined && this.#isExpired(key, value) && this.#release(key)) batch.push({ type: 'delete', key })
    }
    this.#found = []
  }

  discard(): void {
    this.#found = []
  }
}
