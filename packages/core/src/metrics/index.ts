/** Figures of a running app: what is counted, under which names. Read on demand; counting costs plain number fields. */
export { type Metric, MetricsSnapshot } from './metrics-snapshot.ts'
