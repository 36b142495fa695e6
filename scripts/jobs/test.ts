import { parseCLI, startVitest } from 'vitest/node'
import { printCounts } from './print-counts.ts'
import { type CheckCounts, runStaticChecks } from './static-checks.ts'

const NONE: CheckCounts = { passed: 0, failed: 0 }

// Whoever names files or options wants those tests; without any, everything is checked.
const args = process.argv.slice(2)
const checks = args.length === 0 ? runStaticChecks() : NONE
const tests = await runTests(args)
printCounts({ passed: checks.passed + tests.passed, failed: checks.failed + tests.failed })

/** Runs vitest on the files and with the options given, as `vitest run` would. */
async function runTests(args: readonly string[]): Promise<CheckCounts> {
  const { filter, options } = parseCLI(['vitest', 'run', ...args])
  const vitest = await startVitest(filter, { ...options, run: true })
  const modules = vitest.state.getTestModules()
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
  const passed = states.filter((state) => state === 'passed').length
  const failedTests = states.filter((state) => state === 'failed').length
  // A file that cannot be loaded, a hook that throws, an error that nobody caught: they fail the run without failing a test.
  const failed = failedTests === 0 && process.exitCode !== undefined && process.exitCode !== 0 ? 1 : failedTests
  await vitest.close()
  return { passed, failed }
}
