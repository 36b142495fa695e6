import { type Metric, MetricsSnapshot } from '../metrics/index.ts'
import type { StreamTask } from './stream-task.ts'
import type { Worker } from './worker.ts'

/** Reads all counters and gauges; nothing is kept for metrics that is not counted anyway. */
export function collectMetrics(worker: Worker | undefined, now: number): MetricsSnapshot {
  if (worker === undefined) return new MetricsSnapshot(now, [])
  return new MetricsSnapshot(now, [
    ...workerMetrics(worker),
    ...worker.streams.all.flatMap(taskMetrics),
    ...connectorMetrics(worker),
  ])
}

function workerMetrics({ figures, restoreProgress }: Worker): Metric[] {
  return [
    counter('commit-total', {}, figures.commits),
    gauge('commit-latency-avg', {}, figures.commitLatencyAverage),
    gauge('commit-latency-max', {}, figures.commitLatencyMax),
    counter('abort-total', {}, figures.aborts),
    counter('rebalance-total', {}, figures.rebalances),
    counter('restore-total', {}, restoreProgress.restored),
    gauge('restore-remaining-records-total', {}, restoreProgress.remaining),
  ]
}

function taskMetrics(task: StreamTask): Metric[] {
  const labels = { task: task.id }
  const buffers = task.inputs.map(({ buffer }) => buffer)
  return [
    counter('process-total', labels, task.processed),
    gauge('stream-time', labels, task.streamTime),
    gauge('cache-size-bytes-total', labels, task.state.cachedBytes),
    gauge(
      'input-buffer-bytes-total',
      labels,
      buffers.reduce((sum, buffer) => sum + buffer.bytes, 0),
    ),
    ...buffers.map((buffer) => {
      const where = { ...labels, topic: buffer.topic, partition: String(buffer.partition) }
      return gauge('records-lag', where, Math.max(0, buffer.endOffset - buffer.position))
    }),
    ...[...task.drops].flatMap(([operator, reasons]) =>
      [...reasons].map(([reason, count]) => counter('dropped-records-total', { ...labels, operator, reason }, count)),
    ),
  ]
}

function connectorMetrics({ connectors }: Worker): Metric[] {
  const sources = [...connectors.sources].flatMap(({ id, committed, figures }) => [
    counter('source-records-total', { task: id }, committed),
    ...Object.entries(figures).map(([name, value]) => gauge(name, { task: id }, value)),
  ])
  const sinks = [...connectors.sinks].flatMap(({ id, topic, partition, written, position, endOffset }) => {
    const labels = { task: id, topic, partition: String(partition) }
    return [
      counter('sink-records-total', labels, written),
      gauge('records-lag', labels, Math.max(0, endOffset - Math.max(0, position))),
    ]
  })
  return [...sources, ...sinks]
}

function counter(name: string, labels: Metric['labels'], value: number): Metric {
  return { name, labels, kind: 'counter', value }
}

function gauge(name: string, labels: Metric['labels'], value: number): Metric {
  return { name, labels, kind: 'gauge', value }
}
