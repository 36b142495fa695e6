import { parseArgs } from 'node:util'
import { loadScenarios, OWN_VECTORS } from './load-scenarios.ts'
import { Report } from './report.ts'
import { runScenario } from './run-scenario.ts'

const USAGE = `pnpm conformance [DIR…] [options]

Runs every scenario of every *.json in the folders (default: test/conformance-vectors) and compares with what Kafka Streams
answered. Exits 1 when a required scenario does not pass.

  --all             show all failures (default: the first 5 of each category)
  --only NAME       only the scenario, or the category, of that name
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
  const report = new Report()
  for (const scenario of scenarios) report.add(scenario, await runScenario(scenario))
  for (const line of report.lines({ maxFailures: values.all ? Number.POSITIVE_INFINITY : 5 })) process.stdout.write(`${line}\n`)
  return report.passed(values['supported-only']) ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
