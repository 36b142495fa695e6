import type { SourceFeed } from '../connect/connector.ts'
import type { OnInvalid, TimestampExtractor } from './record-view.ts'
import type { Serde } from '../serde/serde.ts'
import type { Duration } from '../duration.ts'

/** How a topic is read. */
export interface SourceOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Event time. Default: the record's own timestamp. */
  readonly timestamp?: TimestampExtractor<K, V>
  /** Where a partition begins that has no committed offset. Default `earliest`. */
  readonly startFrom?: 'earliest' | 'latest'
  /** What happens to a record that cannot be decoded or breaks the schema. Default `stop`. */
  readonly onInvalid?: OnInvalid
  /**
   * What a stream does with records whose value is null. Default `pass` for topics (see `nullable`), `skip` for feeds. A
   * table always takes them as deletions.
   */
  readonly tombstones?: 'pass' | 'skip'
  /**
   * Lets stream time go on when the source is silent: once nothing has come for so long (by the wall clock, in any input of
   * the task), stream time moves on as the wall clock does, so that the last windows, suppressed results and unmatched outer
   * joins come out. What comes afterwards with an older timestamp is late. Default: stream time waits for records.
   */
  readonly idleAfter?: Duration
}

interface FeedOptions {
  /** Partitions of the feed's topic when it is created. Default: the app's. */
  readonly partitions?: number
  /**
   * How long the feed's topic keeps records. Default: forever, compacted by key when it is read as a table only. With a
   * duration: that long.
   */
  readonly retention?: Duration
}

/**
 * Where records come from, as a plain value: a topic, or a feed that a source connector fills (`mysqlTable(…)` returns such
 * a value). Give it to `t.stream` or `t.table`, as often as you like.
 */
export type TopicSource<K, V> = SourceOptions<K, V> & (PlainSource | FeedSource)

interface PlainSource {
  readonly topic: string
  readonly feed?: undefined
  /** Feeds only: a topic of the user's is as it is. */
  readonly partitions?: undefined
  readonly retention?: undefined
}

interface FeedSource extends FeedOptions {
  readonly feed: SourceFeed
  /** Default `<app>-<feed name>-feed`. */
  readonly topic?: string
}
