/** The scenarios once more as apps: the same answers from the runtime (tasks, commits, changelogs, queries) as from the test driver. */
export { type RuntimeResult, runAll } from './run-all.ts'
export { type Way, WAYS } from './way.ts'
