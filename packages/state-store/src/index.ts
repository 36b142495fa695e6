/**
 * Ordered key-value stores for the tasks of a stream processor: LevelDB and memory behind one port, a write-back cache
 * above it, one atomic batch with its checkpoint for each commit.
 */
import './buffer-slices.ts'

export type * from './codec.ts'
export type * from './engine/engine.ts'
export { levelEngine, type LevelEngineOptions } from './engine/level-engine.ts'
export { memoryEngine } from './engine/memory-engine.ts'
export { StateStoreError, type StateStoreErrorCode } from './errors.ts'
export { STATE_FORMAT } from './layout/header.ts'
export { openTaskState } from './open-task-state.ts'
export type * from './stores/definition.ts'
export type * from './stores/store.ts'
export type * from './task-state.ts'
