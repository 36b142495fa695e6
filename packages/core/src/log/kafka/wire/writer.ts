/** Copying less than this is cheaper than one more piece for the socket. */
const BY_REFERENCE_BYTES = 16 * 1024

/**
 * Writes the primitive types of the Kafka protocol (https://kafka.apache.org/protocol, "Protocol Primitive Types") into one
 * request. Large byte fields are kept by reference, so that record batches are not copied on their way to the socket.
 */
export class Writer {
  readonly #parts: Buffer[] = []
  #partsSize = 0
  #buffer: Buffer = Buffer.allocUnsafe(512)
  #offset = 0

  /** What was written, to be sent in this order. */
  finish(): readonly Buffer[] {
    this.#seal()
    return this.#parts
  }

  get size(): number {
    return this.#partsSize + this.#offset
  }

  int8(value: number): this {
    this.#offset = this.#room(1).writeInt8(value, this.#offset)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  int16(value: number): this {
    this.#offset = this.#room(2).writeInt16BE(value, this.#offset)
    return this
  }

  int32(value: number): this {
    this.#offset = this.#room(4).writeInt32BE(value, this.#offset)
    return this
  }

  /** A safe integer as int64. */
  int64(value: number): this {
    this.#offset = this.#room(8).writeBigInt64BE(BigInt(value), this.#offset)
    return this
  }

  unsignedVarint(value: number): this {
    const buffer = this.#room(5)
    let rest = value
    while (rest > 0x7f) {
      buffer[this.#offset++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[this.#offset++] = rest
    return this
  }

  /** STRING or NULLABLE_STRING. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const length = Buffer.byteLength(value)
    return this.int16(length).#text(value, length)
  }

  /** COMPACT_STRING or COMPACT_NULLABLE_STRING. */
  compactString(value: string | null): this {
    if (value === null) return this.unsignedVarint(0)
    const length = Buffer.byteLength(value)
    return this.unsignedVarint(length + 1).#text(value, length)
  }

  /** BYTES or RECORDS; a large value is kept by reference and may not change until the request is sent. */
  bytes(value: Uint8Array): this {
    this.int32(value.length)
    if (value.length < BY_REFERENCE_BYTES) {
      this.#room(value.length).set(value, this.#offset)
      this.#offset += value.length
    } else {
      this.#seal()
      this.#parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
      this.#partsSize += value.length
    }
    return this
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    for (const item of items) write(item)
    return this
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item)
    return this
  }

  /** The array of topics with arrays of partitions that most requests hold. */
  topics<T extends { readonly topic: string }>(items: Iterable<T>, write: (item: T) => void): this {
    return this.array([...Map.groupBy(items, (item) => item.topic)], ([topic, partitions]) => {
      this.string(topic).array(partitions, write)
    })
  }

  /** The same in flexible versions: compact, with tagged fields after each partition and each topic. */
  compactTopics<T extends { readonly topic: string }>(items: Iterable<T>, write: (item: T) => void): this {
    return this.compactArray([...Map.groupBy(items, (item) => item.topic)], ([topic, partitions]) => {
      this.compactString(topic).compactArray(partitions, write).noTags()
    })
  }

  /** An empty section of tagged fields (KIP-482). */
  noTags(): this {
    return this.unsignedVarint(0)
  }

  #text(value: string, length: number): this {
    this.#room(length).utf8Write(value, this.#offset)
    this.#offset += length
    return this
  }

  #room(bytes: number): Buffer {
    if (this.#offset + bytes > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(256, this.#buffer.length * 2, this.#offset + bytes))
      this.#buffer.copy(grown, 0, 0, this.#offset)
      this.#buffer = grown
    }
    return this.#buffer
  }

  #seal(): void {
    if (this.#offset === 0) return
    this.#parts.push(this.#buffer.subarray(0, this.#offset))
    this.#partsSize += this.#offset
    this.#buffer = this.#buffer.subarray(this.#offset)
    this.#offset = 0
  }
}
