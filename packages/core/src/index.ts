/** Millrace's core: topologies, their plan, their operators, the runtime, and the logs they run on. */

// Serdes
export {
  boolean,
  bytes,
  double,
  int32,
  int64,
  json,
  jsonOf,
  nullable,
  type Serde,
  sessionWindowed,
  string,
  uuid,
  type Window,
  type Windowed,
  windowed,
} from './serde/index.ts'

// Topologies
export * from './dsl/index.ts'

// Plans, and where records come from and go to
export * from './plan/index.ts'
export type { Duration, DurationUnit } from './duration.ts'

// Running them
export { type Metric, MetricsSnapshot } from './metrics/index.ts'
export {
  KeyValueQuery,
  type RangeOptions,
  SessionQuery,
  type StoreChange,
  VersionedQuery,
  type WindowChange,
  WindowQuery,
} from './query/index.ts'
export * from './runtime/index.ts'

// Tests of topologies
export * from './testing/index.ts'

// For connectors
export type * from './connect/connector.ts'
export * from './log/index.ts'

// Errors
export { type ErrorLocation, MillraceError, type MillraceErrorCode, type MillraceErrorOptions } from './errors.ts'
