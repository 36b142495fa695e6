/** Keys `gte <= key < lt`, unsigned byte order. */
export interface SortedRange {
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly reverse?: boolean
}

/** Entries of a chunk at which it is split: insertion moves half of that on average, binary search is over few chunks. */
const CHUNK = 256

interface Chunk<V> {
  /** The map's epoch when this chunk was made: an older one may be part of a snapshot and is copied before it is changed. */
  readonly epoch: number
  readonly keys: Buffer[]
  readonly values: V[]
}

/** An ordered map from bytes to values: chunks of sorted arrays. `entries` walks a snapshot; chunks are copied on write. */
export class SortedMap<V> {
  #chunks: Chunk<V>[] = []
  #epoch = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: Uint8Array): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)]
    if (chunk === undefined) return undefined
    const index = lowerBound(chunk.keys, key)
    return isAt(chunk, index, key) ? chunk.values[index] : undefined
  }

  /** Keeps `key`: it may not be changed afterwards. */
  set(key: Buffer, value: V): void {
    const at = this.#chunkOf(key)
    const chunk = this.#writable(at)
    const index = lowerBound(chunk.keys, key)
    if (isAt(chunk, index, key)) {
      chunk.values[index] = value
      return
    }
    chunk.keys.splice(index, 0, key)
    chunk.values.splice(index, 0, value)
    this.#size++
    if (chunk.keys.length > CHUNK) {
      // A run of ascending keys fills its chunks: only the last entry moves on.
      const cut = index === CHUNK && at === this.#chunks.length - 1 ? CHUNK : CHUNK >> 1
      const right = { epoch: this.#epoch, keys: chunk.keys.splice(cut), values: chunk.values.splice(cut) }
      this.#chunks.splice(at + 1, 0, right)
    }
  }

  delete(key: Uint8Array): void {
    const at = this.#chunkOf(key)
    const present = this.#chunks[at]
    if (present === undefined || !isAt(present, lowerBound(present.keys, key), key)) return
    const chunk = this.#writable(at)
    const index = lowerBound(chunk.keys, key)
    chunk.keys.splice(index, 1)
    chunk.values.splice(index, 1)
    this.#size--
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1)
  }

  clear(): void {
    this.#chunks = []
    this.#size = 0
  }

  /** The entries of a range as they are now, whatever is changed while they are walked. */
  entries({ gte, lt, reverse = false }: SortedRange): Generator<readonly [key: Buffer, value: V], void> {
    this.#epoch++
    const chunks = this.#chunks.slice()
    return reverse ? backward(chunks, gte, lt) : forward(chunks, gte, lt)
  }

  /** The chunk that holds `key` or would take it: the last one that begins at or below it. */
  #chunkOf(key: Uint8Array): number {
    return Math.max(0, lastChunkFrom(this.#chunks, key))
  }

  #writable(at: number): Chunk<V> {
    const chunk = this.#chunks[at]
    if (chunk !== undefined && chunk.epoch === this.#epoch) return chunk
    const own: Chunk<V> = { epoch: this.#epoch, keys: chunk?.keys.slice() ?? [], values: chunk?.values.slice() ?? [] }
    this.#chunks[at] = own
    return own
  }
}

function* forward<V>(chunks: readonly Chunk<V>[], gte?: Uint8Array, lt?: Uint8Array): Generator<readonly [Buffer, V], void> {
  const first = gte === undefined ? 0 : Math.max(0, lastChunkFrom(chunks, gte))
  for (let at = first; at < chunks.length; at++) {
    const { keys, values } = chunks[at] as Chunk<V>
    for (let i = at === first && gte !== undefined ? lowerBound(keys, gte) : 0; i < keys.length; i++) {
      const key = keys[i] as Buffer
      if (lt !== undefined && Buffer.compare(key, lt) >= 0) return
      yield [key, values[i] as V]
    }
  }
}

function* backward<V>(chunks: readonly Chunk<V>[], gte?: Uint8Array, lt?: Uint8Array): Generator<readonly [Buffer, V], void> {
  const first = lt === undefined ? chunks.length - 1 : lastChunkFrom(chunks, lt)
  for (let at = first; at >= 0; at--) {
    const { keys, values } = chunks[at] as Chunk<V>
    for (let i = (at === first && lt !== undefined ? lowerBound(keys, lt) : keys.length) - 1; i >= 0; i--) {
      const key = keys[i] as Buffer
      if (gte !== undefined && Buffer.compare(key, gte) < 0) return
      yield [key, values[i] as V]
    }
  }
}

/** Index of the last chunk whose first key is <= `key`; -1: none. */
function lastChunkFrom<V>(chunks: readonly Chunk<V>[], key: Uint8Array): number {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare((chunks[middle] as Chunk<V>).keys[0] as Buffer, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

function lowerBound(keys: readonly Buffer[], key: Uint8Array): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare(keys[middle] as Buffer, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function isAt<V>(chunk: Chunk<V>, index: number, key: Uint8Array): boolean {
  const found = chunk.keys[index]
  return found !== undefined && Buffer.compare(found, key) === 0
}
