/**
 * What happens to one record: plan nodes compiled into chains of operators for one task, one operator a file. Knows state
 * stores, serdes and the collector, never the log or the runtime.
 */
export { compileGlobals } from './compile-globals.ts'
export { compileTask } from './compile.ts'
export type {
  CompiledTask,
  GlobalStores,
  RecordCollector,
  SourceInput,
  TaskAsyncWork,
  TaskContext,
} from './task-context.ts'
