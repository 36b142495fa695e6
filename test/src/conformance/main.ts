import { parseArgs } from 'node:util'
import { loadScenarios, OWN_VECTORS } from './load-scenarios.ts'
import { Report } from './report.ts'
import { runScenario } from './run-scenario.ts'
import { runAll, WAYS } from './runtime/index.ts'
import type { Scenario } from './scenario.ts'

const USAGE = `pnpm conformance [DIR…] [options]

Runs every scenario of every *.json in the folders (default: test/conformance-vectors) and compares with what Kafka Streams
answered. Exits 1 when a required scenario does not pass.

  --all             show all failures (default: the first 5 of each category)
  --only NAME       only the scenario, or the category, of that name
  --runtime         run them as apps on the embedded log instead of in the test driver: with 1 partition, with its state lost
                    half-way, and with 4 partitions; says how many a way says nothing about, and why
  --supported-only  scenarios that need a feature which the DSL does not have do not count
  --help
`

/** Exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      only: { type: 'string' },
      runtime: { type: 'boolean', default: false },
      'supported-only': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const { only } = values
  const scenarios = (await loadScenarios(positionals.length > 0 ? positionals : [OWN_VECTORS])).filter(
    ({ name, category }) => only === undefined || name === only || category === only,
  )
  if (scenarios.length === 0) {
    process.stderr.write(
      `No scenarios${only === undefined ? '' : ` named "${only}"`} in ${positionals.join(', ') || OWN_VECTORS}\n`,
    )
    return 1
  }
  const reports = values.runtime ? await onRuntime(scenarios) : [await inTestDriver(scenarios)]
  const maxFailures = values.all ? Number.POSITIVE_INFINITY : 5
  for (const report of reports) for (const line of report.lines({ maxFailures })) process.stdout.write(`${line}\n`)
  return reports.every((report) => report.passed(values['supported-only'])) ? 0 : 1
}

async function inTestDriver(scenarios: readonly Scenario[]): Promise<Report> {
  const report = new Report()
  for (const scenario of scenarios) report.add(scenario, await runScenario(scenario))
  return report
}

async function onRuntime(scenarios: readonly Scenario[]): Promise<readonly Report[]> {
  const reports: Report[] = []
  for (const way of WAYS) {
    const report = new Report(way.title)
    for await (const { scenario, outcome } of runAll(scenarios, way)) report.add(scenario, outcome)
    reports.push(report)
  }
  return reports
}

process.exitCode = await main(process.argv.slice(2))
