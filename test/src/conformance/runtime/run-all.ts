import type { Outcome } from '../run-scenario.ts'
import type { Scenario } from '../scenario.ts'
import { FrozenClock } from './frozen-clock.ts'
import { movesWallClock, runOnRuntime } from './run-on-runtime.ts'
import type { Way } from './way.ts'
import { whyNot } from './what-runs.ts'

/** Scenarios at a time: most of what one takes is waiting for the disk. */
const AT_A_TIME = 8

export interface RuntimeResult {
  readonly scenario: Scenario
  readonly outcome: Outcome
}

/** Runs the scenarios; those that move the wall clock by themselves. */
export async function* runAll(scenarios: readonly Scenario[], way: Way): AsyncGenerator<RuntimeResult> {
  const alone: Scenario[] = []
  const together: Scenario[] = []
  for (const scenario of scenarios) {
    const why = whyNot(scenario, way)
    if (why !== null) yield { scenario, outcome: { kind: 'skipped', why } }
    else (movesWallClock(scenario) ? alone : together).push(scenario)
  }
  for (let first = 0; first < together.length; first += AT_A_TIME) {
    using clock = new FrozenClock()
    const group = together.slice(first, first + AT_A_TIME)
    yield* await Promise.all(group.map((scenario) => outcomeOf(scenario, way, clock)))
  }
  for (const scenario of alone) {
    using clock = new FrozenClock()
    yield await outcomeOf(scenario, way, clock)
  }
}

async function outcomeOf(scenario: Scenario, way: Way, clock: FrozenClock): Promise<RuntimeResult> {
  return { scenario, outcome: await runOnRuntime(scenario, way, clock) }
}
