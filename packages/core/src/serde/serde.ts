import type { Codec } from '@millrace/state-store'

/**
 * How values of one type are written as bytes and read back (after Kafka's Serde). Serdes are plain values: share them.
 */
export interface Serde<T> extends Codec<T> {
  /** For descriptions and messages: `string`, `int32`, `json`, `windowed(string, 60000)`. Serdes of one name read each other's bytes. */
  readonly name: string
  /**
   * The same bytes without the checks that belong to the edges (`json(schema)`): what repartition topics and changelogs use,
   * which hold only what was checked before. Absent: the serde itself.
   */
  readonly unchecked?: Serde<T>
}

/**
 * A serde that can write every `T`; it may be made for a wider type. So `string()` is taken where keys are of type
 * `'new' | 'paid'`, and refused where they are numbers.
 */
export interface SerdeFor<T> {
  readonly name: string
  readonly encode: (value: T) => ReturnType<Codec<T>['encode']>
  decode(bytes: Buffer, start: number, end: number): unknown
  identity?(value: unknown): string | number | bigint
}

/** The serde for topics that only Millrace reads and writes. */
export function uncheckedSerde<T>(serde: Serde<T>): Serde<T> {
  return serde.unchecked ?? serde
}
