import type { RecordView, TimestampExtractor } from '../plan/record-view.ts'
import type { SerdeFor } from '../serde/index.ts'
import type { KeyOption } from './key-serde.ts'
import type { OperatorOptions } from './operator-options.ts'

/** How records are written to a topic. */
export interface ToOptions<K, V> extends OperatorOptions, KeyOption<K> {
  /** Default: the serde that the values have already, `json()` for computed ones. */
  readonly value?: SerdeFor<NonNullable<V>>
  /**
   * The partition of a record, from 0; or all partitions that it goes to (an empty list drops it; KIP-837); undefined, and by
   * default: by the key's bytes, as Kafka's default partitioner.
   */
  readonly partitioner?: (key: K, value: V, partitions: number) => number | readonly number[] | undefined
  /** Event time of what is written, ms since the epoch. Default: the record's own. */
  readonly timestamp?: TimestampExtractor<K, V>
}

/** Names the topic of each record (Kafka Streams' TopicNameExtractor). The topics must exist. */
export type TopicChooser<K, V> = (value: V, key: K, record: RecordView) => string
