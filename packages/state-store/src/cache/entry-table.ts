import { CLEAN, type Entry, type EntryState, type Identity } from './entry.ts'

/** What a table holds: an entry, or a run of slots. */
export interface Cached {
  readonly id: Identity
  readonly state: EntryState
  /** Whether the database has it. */
  readonly present: boolean
  used: boolean
  readonly bytes: number
}

/** What is cached of a store, or of one window start or time segment of it. */
export class EntryTable<K, V, E extends Cached = Entry<K, V>> {
  /** Of a window start or time segment; 0 in stores without them. */
  readonly start: number
  /** What the keys of these entries begin with in the database. */
  readonly prefix: Buffer
  readonly entries: Map<Identity, E> = new Map()
  /** True while every entry that exists is in here: a miss is then an absence, and the database need not be asked. */
  complete: boolean
  /** The clock's hand: an iterator over a Map goes on where it was, whatever is added or deleted meanwhile. */
  #hand: Iterator<E> | undefined

  constructor(start: number, prefix: Buffer, complete: boolean) {
    this.start = start
    this.prefix = prefix
    this.complete = complete
  }

  /**
   * One lap of the clock at most (the approximation of LRU that page caches use): clean entries that were not used since
   * the last lap go, until `excess` bytes are free. Returns how many are.
   */
  evict(excess: number): number {
    let freed = 0
    for (let steps = this.entries.size; steps > 0 && freed < excess; steps--) {
      const entry = this.#advance()
      if (entry === undefined) break
      if (entry.state !== CLEAN) continue
      if (entry.used) {
        entry.used = false
        continue
      }
      this.entries.delete(entry.id)
      if (entry.present) this.complete = false
      freed += entry.bytes
    }
    return freed
  }

  #advance(): E | undefined {
    this.#hand ??= this.entries.values()
    let step = this.#hand.next()
    if (step.done === true) {
      this.#hand = this.entries.values()
      step = this.#hand.next()
    }
    return step.done === true ? undefined : step.value
  }
}
