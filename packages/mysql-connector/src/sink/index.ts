/** Views: topics of a topology written into MySQL tables, each row exactly once. */
export { MysqlSinkTask } from './sink-task.ts'
export type { ViewSpec } from './view-spec.ts'
