import { describe, expect, it } from 'vitest'
import { loadScenarios, OWN_VECTORS } from './load-scenarios.ts'
import { runScenario } from './run-scenario.ts'

const NOT_REQUIRED = 'known-defects'

/** What the DSL does not have. A scenario that needs nothing of this must pass. */
const MISSING = [
  'cogroup',
  'emit',

  'optimisation',

  'process',
  'processValues',
  'session window',
  'sliding window',
  'store',
  'suppress',
  'versioned table',
]

const scenarios = (await loadScenarios([OWN_VECTORS])).filter(({ category }) => category !== NOT_REQUIRED)

describe.each([...Map.groupBy(scenarios, ({ category }) => category)])('Kafka Streams answers %s', (_category, members) => {
  it('the same, scenario by scenario, where the DSL has the operators', async () => {
    const failures: unknown[] = []
    for (const scenario of members) {
      const outcome = await runScenario(scenario)
      if (outcome.kind === 'passed') continue
      if (outcome.kind === 'unsupported' && MISSING.includes(outcome.feature)) continue
      failures.push({ scenario: scenario.name, ...outcome })
    }
    expect(failures).toEqual([])
  })
})
