import type { Codec } from '@millrace/state-store'

/**
 * How values of one type are written as bytes and read back (after Kafka's Serde). Serdes are plain values: share them.
 */
export interface Serde<T> extends Codec<T> {
  /** For descriptions and messages: `string`, `int32`, `json`, `windowed(string)`. Serdes of one name are interchangeable. */
  readonly name: string
}
