/**
 * Runs a topology: an app opens folder, log and topics; its worker is one member of the group, which owns tasks, gives them
 * turns and commits for all of them. Start reading at worker.ts (the loop), stream-task.ts (a record's way) and committer.ts.
 */
export { type App, createApp } from './app.ts'
export type { AppState, AppStatus } from './app-state.ts'
export { jsonLinesLogger } from './json-lines-logger.ts'
export type { LogFields, Logger } from './logger.ts'
export type { AppOptions, BaseOptions, EmbeddedOptions, Guarantee, KafkaOptions } from './options.ts'
export { run } from './run.ts'
export { savedPlan } from './saved-plan.ts'
