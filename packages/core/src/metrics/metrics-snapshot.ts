/** One figure. Names follow Kafka Streams' where it has the same one. */
export interface Metric {
  /** `process-total`, `records-lag`, `commit-latency-avg`, … */
  readonly name: string
  /** `task`, `operator`, `reason`, `topic`, `partition`, `connector`, … */
  readonly labels: Readonly<Record<string, string>>
  /** A counter only grows (since the process started); a gauge is what it is now. */
  readonly kind: 'counter' | 'gauge'
  readonly value: number
}

/**
 * All figures of one app at one moment.
 *
 * | name | of | meaning |
 * | --- | --- | --- |
 * | `process-total` | task | records taken from input buffers |
 * | `dropped-records-total` | task, operator, reason | records that were dropped |
 * | `records-lag` | task, topic, partition | offsets in the log that are not processed yet, as far as known |
 * | `input-buffer-bytes-total` | task | fetched and not yet processed |
 * | `cache-size-bytes-total` | task | entries in the stores' caches |
 * | `stream-time` | task | greatest event time seen, ms since the epoch |
 * | `commit-total`, `commit-latency-avg`, `commit-latency-max` | app | commits; ms each took, since the process started |
 * | `abort-total` | app | transactions given up and done again |
 * | `rebalance-total` | app | |
 * | `restore-total`, `restore-remaining-records-total` | app | changelog records replayed; offsets still to replay |
 * | `source-records-total`, and what the connector reports | task | records that a source connector committed |
 * | `sink-records-total` | task, topic, partition | records that a sink connector wrote |
 */
export class MetricsSnapshot {
  /** ms since the epoch. */
  readonly at: number
  readonly metrics: readonly Metric[]

  constructor(at: number, metrics: readonly Metric[]) {
    this.at = at
    this.metrics = metrics
  }

  /** Sum of all figures of a name whose labels include these; 0 when there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels)
    return this.metrics.reduce((sum, metric) => {
      const fits = metric.name === name && wanted.every(([label, value]) => metric.labels[label] === value)
      return fits ? sum + metric.value : sum
    }, 0)
  }
}
