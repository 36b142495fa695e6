import { readInt64 } from '../../records/index.ts'

/** Reads the primitive types of the Kafka protocol from one response; byte fields are views of it. */
export class Reader {
  readonly #buffer: Buffer
  #offset: number

  constructor(buffer: Buffer, offset = 0) {
    this.#buffer = buffer
    this.#offset = offset
  }

  int8(): number {
    return this.#buffer.readInt8(this.#advance(1))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4))
  }

  /** An int64 as a number: exact up to 2^53. */
  int64(): number {
    return readInt64(this.#buffer, this.#advance(8))
  }

  unsignedVarint(): number {
    let result = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#advance(1))
      result |= (byte & 0x7f) << shift
      if (byte < 0x80) return result
    }
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  nullableString(): string | null {
    return this.#text(this.int16())
  }

  compactString(): string {
    return this.compactNullableString() ?? ''
  }

  compactNullableString(): string | null {
    return this.#text(this.unsignedVarint() - 1)
  }

  /** BYTES, NULLABLE_BYTES or RECORDS; null is empty. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    const start = this.#advance(length)
    return this.#buffer.subarray(start, start + length)
  }

  /** ARRAY; null is empty. */
  array<T>(read: () => T): T[] {
    const length = this.int32()
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read())
    return items
  }

  compactArray<T>(read: () => T): T[] {
    const length = this.unsignedVarint() - 1
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read())
    return items
  }

  /** The array of topics with arrays of partitions that most responses hold, as one list. */
  topics<T>(read: (topic: string) => T): T[] {
    return this.array(() => {
      const topic = this.string()
      return this.array(() => read(topic))
    }).flat(1) as T[]
  }

  /** The same in flexible versions; `read` reads a partition without its tagged fields. */
  compactTopics<T>(read: (topic: string) => T): T[] {
    return this.compactArray(() => {
      const topic = this.compactString()
      const partitions = this.compactArray(() => {
        const partition = read(topic)
        this.skipTags()
        return partition
      })
      this.skipTags()
      return partitions
    }).flat(1) as T[]
  }

  /** Tagged fields (KIP-482): none is read. */
  skipTags(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint()
      this.#advance(this.unsignedVarint())
    }
  }

  #text(length: number): string | null {
    if (length < 0) return null
    const start = this.#advance(length)
    return this.#buffer.utf8Slice(start, start + length)
  }

  #advance(bytes: number): number {
    const start = this.#offset
    this.#offset += bytes
    return start
  }
}
