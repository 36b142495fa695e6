import type { EngineRange, StateEngine } from '../engine/engine.ts'
import { segmentIn, segmentPrefix } from '../layout/window-key.ts'

/** Segments that are visited one by one; over more, the database is asked which ones exist. */
const FEW = 16

/** The time segments of a window store on disk: stretches of equal length, whose entries are neighbours and expire together. */
export class TimeSegments {
  readonly #engine: StateEngine
  readonly #store: number
  readonly #length: number
  /** All segments before this one are known to be empty. */
  #clearedUpTo = 0

  constructor(engine: StateEngine, store: number, length: number) {
    this.#engine = engine
    this.#store = store
    this.#length = length
  }

  /** The segment of a window start. */
  of(start: number): number {
    return Math.floor(start / this.#length)
  }

  /** What the keys of a segment begin with. */
  prefix(segment: number): Buffer {
    return segmentPrefix(this.#store, segment)
  }

  range(first: number, last: number): { readonly gte: Buffer; readonly lt: Buffer } {
    return { gte: this.prefix(first), lt: this.prefix(last + 1) }
  }

  /** The segments that can have entries of `low <= start <= high`, in the database or among `pinned`, in order. */
  async *between(
    low: number,
    high: number,
    reverse: boolean,
    pinned: readonly { readonly engineKey: Buffer }[],
  ): AsyncGenerator<number, void> {
    let first = this.of(low)
    let last = this.of(high)
    const few = last - first < FEW
    while (first <= last) {
      let next: number | undefined = reverse ? last : first
      if (!few) {
        next = await this.#find(first, last, reverse)
        for (const { engineKey } of pinned) {
          const segment = segmentIn(engineKey)
          if (segment < first || segment > last) continue
          if (next === undefined || (reverse ? segment > next : segment < next)) next = segment
        }
      }
      if (next === undefined) return
      yield next
      if (reverse) last = next - 1
      else first = next + 1
    }
  }

  /** Whether there may be segments before that of `start`. */
  hasBefore(start: number): boolean {
    return this.#clearedUpTo < this.of(start)
  }

  /** Deletes the segments before that of `start`, one after the other, until `stopping` says so. */
  async clearBefore(start: number, stopping: () => boolean): Promise<void> {
    const live = this.of(start)
    while (this.#clearedUpTo < live && !stopping()) {
      const segment = await this.#find(this.#clearedUpTo, live - 1, false)
      if (segment !== undefined) await this.#engine.clear(this.range(segment, segment))
      this.#clearedUpTo = segment === undefined ? live : segment + 1
    }
  }

  /** The database was emptied. */
  wiped(): void {
    this.#clearedUpTo = 0
  }

  /** The first (in reverse: last) segment of `first..last` that the database has. */
  async #find(first: number, last: number, reverse: boolean): Promise<number | undefined> {
    const range: EngineRange = { ...this.range(first, last), reverse }
    const cursor = this.#engine.cursor(range)
    try {
      const [entry] = await cursor.next(1)
      return entry === undefined ? undefined : segmentIn(entry[0])
    } finally {
      await cursor.close()
    }
  }
}
