/**
 * The behaviour of a `Log`, as tests that every adapter runs: whoever writes one calls `logSuite` from a test file. Needs a test
 * runner with `describe`, `it` and `afterAll`, and nothing else.
 */
export { type LogSuiteOptions, type LogSuiteSupport, logSuite } from './log-suite.ts'
export type { SuiteRunner } from './suite-runner.ts'
