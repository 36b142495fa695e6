import { StateStoreError } from '../errors.ts'

/** A cache that can give back memory. */
export interface Evictable {
  /** Drops clean entries worth about `excess` bytes; returns what it has freed. */
  evict(excess: number): number
}

/** The memory that all caches of one task share, in estimated bytes. */
export class CacheBudget {
  readonly maxBytes: number
  bytes = 0
  /** The part that is not committed, and can therefore not be evicted. */
  dirtyBytes = 0
  /** False while a commit is writing and after closing: writes are refused. */
  writable = true
  readonly #caches: Evictable[] = []

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  register(cache: Evictable): void {
    this.#caches.push(cache)
  }

  /** @throws {StateStoreError} STATE_MISUSE while writes are refused */
  checkWritable(): void {
    if (this.writable) return
    throw new StateStoreError(
      'STATE_MISUSE',
      'A store was written while its task was committing, or after it was closed: await the commit before the next record.',
    )
  }

  /**
   * To be called after `bytes` has grown. Evicts when the bound is passed, unless nearly all of it is dirty: then only a
   * commit helps, and walking over the entries again and again would not. The slack of a sixteenth makes a walk free at
   * least that much.
   */
  grown(): void {
    const slack = this.maxBytes >> 4
    if (this.bytes <= this.maxBytes || this.bytes - this.dirtyBytes <= slack) return
    const target = this.maxBytes - slack
    // The first lap takes away the second chance of entries that were used, the second lap then finds them.
    for (let lap = 0; lap < 2; lap++) {
      for (const cache of this.#caches) {
        if (this.bytes <= target) return
        this.bytes -= cache.evict(this.bytes - target)
      }
    }
  }
}
