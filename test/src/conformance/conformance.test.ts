import { describe, expect, it } from 'vitest'
import { loadScenarios, OWN_VECTORS } from './load-scenarios.ts'
import { runScenario } from './run-scenario.ts'

const NOT_REQUIRED = 'known-defects'

const scenarios = (await loadScenarios([OWN_VECTORS])).filter(({ category }) => category !== NOT_REQUIRED)

describe.each([...Map.groupBy(scenarios, ({ category }) => category)])('Kafka Streams answers %s', (_category, members) => {
  it('the same, scenario by scenario', async () => {
    const failures: unknown[] = []
    for (const scenario of members) {
      const outcome = await runScenario(scenario)
      if (outcome.kind === 'passed') continue
      failures.push({ scenario: scenario.name, ...outcome })
    }
    expect(failures).toEqual([])
  })
})
