/**
 * Bytes on their way to the log or to disk. A string stands for its UTF-8 bytes: text stays text until it is
 * written straight into the batch being built, which is several times cheaper than a Buffer for each value.
 */
export type Encoded = string | Uint8Array

/**
 * Turns values into bytes and back. `decode` reads a slice of a larger buffer (a fetch response, a database page), so
 * that no view object is made for each record.
 */
export interface Codec<T> {
  encode(value: T): Encoded
  /** Reads the value in `bytes[start, end)`. Throws when the bytes are no such value. */
  decode(bytes: Buffer, start: number, end: number): T
  /**
   * A primitive that is equal for two values exactly when their encodings are equal: what a cache can use as a Map key
   * without encoding. Absent: the encoding itself is used.
   */
  identity?(value: T): string | number | bigint
}
