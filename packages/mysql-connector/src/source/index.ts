/** Tables as feeds: preflight, snapshot, binlog, and the hand-over between them. */
export { MysqlSourceTask } from './source-task.ts'
export type { SnapshotMode, TableSpec } from './table-spec.ts'
