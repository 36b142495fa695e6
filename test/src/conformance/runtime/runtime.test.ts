import { describe, expect, it } from 'vitest'
import { loadScenarios, OWN_VECTORS } from '../load-scenarios.ts'
import { runAll } from './run-all.ts'
import { WAYS } from './way.ts'

const NOT_REQUIRED = 'known-defects'
/** Of those that were generated; `pnpm conformance --runtime` runs them all. */
const ONE_OF = 15

const required = (await loadScenarios([OWN_VECTORS])).filter(({ category }) => category !== NOT_REQUIRED)
const chosen = required.filter(({ tags }, index) => tags?.includes('hand') === true || index % ONE_OF === 0)

describe.each(WAYS)('an app on the embedded log, $title,', (way) => {
  it.each([...Map.groupBy(chosen, ({ category }) => category)])(
    'answers %s as Kafka Streams does',
    async (_category, members) => {
      const failures: unknown[] = []
      for await (const { scenario, outcome } of runAll(members, way)) {
        if (outcome.kind !== 'passed' && outcome.kind !== 'skipped') failures.push({ scenario: scenario.name, ...outcome })
      }
      expect(failures).toEqual([])
    },
  )
})
