import type { Encoded } from '@millrace/state-store'
import { compareEncoded } from '../serde/encoded.ts'

/** Something that is due at a time. */
export interface Due<K> {
  readonly time: number
  readonly key: K
  /** The bytes of the key, which decide between those of one time. Encoded when first needed. */
  bytes: Encoded | undefined
}

/** What is due next, by time, then key bytes: a binary heap. */
export class DueQueue<K> {
  readonly #encode: (key: K) => Encoded
  readonly #heap: Due<K>[] = []

  constructor(encode: (key: K) => Encoded) {
    this.#encode = encode
  }

  get size(): number {
    return this.#heap.length
  }

  /** When the first one is due; Infinity when there is none. */
  get nextTime(): number {
    return this.#heap[0]?.time ?? Number.POSITIVE_INFINITY
  }

  push(time: number, key: K): void {
    const heap = this.#heap
    const due: Due<K> = { time, key, bytes: undefined }
    let at = heap.length
    heap.push(due)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(due, heap[parent] as Due<K>)) break
      heap[at] = heap[parent] as Due<K>
      at = parent
    }
    heap[at] = due
  }

  pop(): Due<K> | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1] as Due<K>, heap[child] as Due<K>)) child++
      if (!this.#isBefore(heap[child] as Due<K>, last)) break
      heap[at] = heap[child] as Due<K>
      at = child
    }
    heap[at] = last
    return first
  }

  isSame(a: Due<K>, b: Due<K>): boolean {
    return a.time === b.time && compareEncoded(this.#bytesOf(a), this.#bytesOf(b)) === 0
  }

  #isBefore(a: Due<K>, b: Due<K>): boolean {
    return a.time !== b.time ? a.time < b.time : compareEncoded(this.#bytesOf(a), this.#bytesOf(b)) < 0
  }

  #bytesOf(due: Due<K>): Encoded {
    due.bytes ??= this.#encode(due.key)
    return due.bytes
  }
}
