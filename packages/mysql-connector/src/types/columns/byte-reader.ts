/** A position in a buffer that moves as values are read. One for each stream, set anew for each event. */
export class ByteReader {
  buffer: Buffer = Buffer.alloc(0)
  position: number = 0
  end: number = 0

  set(buffer: Buffer, position: number, end: number): this {
    this.buffer = buffer
    this.position = position
    this.end = end
    return this
  }

  get remaining(): number {
    return this.end - this.position
  }

  uint8(): number {
    return this.buffer[this.position++] as number
  }

  uint16(): number {
    const { buffer, position } = this
    this.position = position + 2
    return (buffer[position] as number) | ((buffer[position + 1] as number) << 8)
  }

  uint32(): number {
    const value = this.buffer.readUInt32LE(this.position)
    this.position += 4
    return value
  }

  /** Little-endian, up to 6 bytes. */
  uint(bytes: number): number {
    if (bytes === 1) return this.uint8()
    if (bytes === 2) return this.uint16()
    const value = this.buffer.readUIntLE(this.position, bytes)
    this.position += bytes
    return value
  }

  int(bytes: number): number {
    const value = this.buffer.readIntLE(this.position, bytes)
    this.position += bytes
    return value
  }

  /** Big-endian, up to 6 bytes. */
  uintBE(bytes: number): number {
    const value = this.buffer.readUIntBE(this.position, bytes)
    this.position += bytes
    return value
  }

  uint64(): bigint {
    const value = this.buffer.readBigUInt64LE(this.position)
    this.position += 8
    return value
  }

  int64(): bigint {
    const value = this.buffer.readBigInt64LE(this.position)
    this.position += 8
    return value
  }

  /** Length-encoded integer (MySQL protocol, "Length-Encoded Integer Type"). */
  lengthEncoded(): number {
    const first = this.uint8()
    if (first < 251) return first
    if (first === 252) return this.uint16()
    if (first === 253) return this.uint(3)
    return Number(this.uint64())
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const start = this.position
    this.position = start + length
    return this.buffer.subarray(start, start + length)
  }

  utf8(length: number): string {
    const start = this.position
    this.position = start + length
    return this.buffer.utf8Slice(start, start + length)
  }

  skip(length: number): void {
    this.position += length
  }
}
