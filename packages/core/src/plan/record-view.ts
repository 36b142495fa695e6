import type { Headers } from '@millrace/state-store'

/**
 * What a callback can see of the record besides key and value. One object for each task, filled in before each call: read
 * it in the call, do not keep it.
 */
export interface RecordView {
  /** Event time, ms since the epoch. */
  readonly timestamp: number
  readonly headers: Headers
  /** Where the record that caused this one was read; undefined for what no input record caused (punctuation). */
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly offset: number | undefined
}

/** Event time of a record, ms since the epoch; a negative one skips the record. */
export type TimestampExtractor<K, V> = (value: V, key: K, record: RecordView) => number

/** What happens to a record that cannot be decoded, or whose value breaks the schema. */
export type OnInvalid = 'stop' | 'skip' | { readonly deadLetter: string }
