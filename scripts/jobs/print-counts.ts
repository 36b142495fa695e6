import type { CheckCounts } from './static-checks.ts'

/** The last line of a job that checks something, and its exit code. */
export function printCounts({ passed, failed }: CheckCounts): void {
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}
