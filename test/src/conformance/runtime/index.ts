/** The scenarios once more as apps: the same answers from the runtime (tasks, commits, changelogs, queries) as from the test driver. */
export { runAll } from './run-all.ts'
export { WAYS } from './way.ts'
