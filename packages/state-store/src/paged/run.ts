import { CLEAN, type EntryState, FLUSHED, type Identity } from '../cache/entry.ts'
import type { EntryTable } from '../cache/entry-table.ts'
import { Slot } from './slot.ts'

/** Slots of a page at which another one is begun. */
const PAGE_SLOTS = 64

/**
 * The slots of one key (within one time segment, in stores that have them) in order of time. On disk it is cut into pages,
 * so that a write rewrites little; a page holds its slots in order, but any slots of the run.
 */
export class Run<K, V> {
  readonly id: Identity
  readonly key: K
  readonly table: EntryTable<K, V, Run<K, V>>
  readonly slots: Slot<K, V>[] = []
  /** Pages that differ from the database's. */
  readonly dirtyPages: Set<number> = new Set()
  used = true
  /** Estimated memory. */
  bytes = 0
  /** Slots of each page; a page that the database has stays counted when it is empty. */
  readonly #pages: number[] = []

  constructor(id: Identity, key: K, table: EntryTable<K, V, Run<K, V>>) {
    this.id = id
    this.key = key
    this.table = table
  }

  get state(): EntryState {
    return this.dirtyPages.size === 0 ? CLEAN : FLUSHED
  }

  get present(): boolean {
    return this.#pages.length > 0
  }

  get pageCount(): number {
    return this.#pages.length
  }

  /** Index of the first slot at this time or later. */
  lowerBound(major: number, minor: number): number {
    const { slots } = this
    let low = 0
    let high = slots.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const slot = slots[middle] as Slot<K, V>
      if (slot.major < major || (slot.major === major && slot.minor < minor)) low = middle + 1
      else high = middle
    }
    return low
  }

  find(major: number, minor: number): Slot<K, V> | undefined {
    const slot = this.slots[this.lowerBound(major, minor)]
    return slot !== undefined && slot.major === major && slot.minor === minor ? slot : undefined
  }

  /** Adds a slot at a time where there is none. */
  insert(major: number, minor: number): Slot<K, V> {
    const page = this.#pageWithRoom()
    const slot = new Slot(this, major, minor, page)
    this.#pages[page] = (this.#pages[page] ?? 0) + 1
    this.slots.splice(this.lowerBound(major, minor), 0, slot)
    return slot
  }

  remove(slot: Slot<K, V>): void {
    const index = this.lowerBound(slot.major, slot.minor)
    if (this.slots[index] !== slot) return
    this.slots.splice(index, 1)
    this.#pages[slot.page] = (this.#pages[slot.page] ?? 1) - 1
    this.dirtyPages.add(slot.page)
  }

  /** Takes over what a page of the database has. */
  load(page: number, slots: readonly Slot<K, V>[]): void {
    this.#pages[page] = slots.length
    for (const slot of slots) {
      const last = this.slots.at(-1)
      if (last === undefined || last.major < slot.major || (last.major === slot.major && last.minor < slot.minor)) {
        this.slots.push(slot)
      } else this.slots.splice(this.lowerBound(slot.major, slot.minor), 0, slot)
    }
  }

  /** All pages are in the database as they are here; without slots there are none. */
  written(): void {
    this.dirtyPages.clear()
    if (this.slots.length === 0) this.#pages.length = 0
  }

  #pageWithRoom(): number {
    const last = this.#pages.length - 1
    if (last >= 0 && (this.#pages[last] as number) < PAGE_SLOTS) return last
    // Where slots come and go, pages empty behind the last one.
    const roomy = this.#pages.findIndex((slots) => slots < PAGE_SLOTS / 2)
    if (roomy >= 0) return roomy
    // The first page says how many there are.
    if (last >= 0) this.dirtyPages.add(0)
    return last + 1
  }
}
