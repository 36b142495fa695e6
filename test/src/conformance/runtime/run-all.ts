import type { Outcome } from '../run-scenario.ts'
import type { Scenario } from '../scenario.ts'
import { FrozenClock } from './frozen-clock.ts'
import { movesWallClock, runOnRuntime } from './run-on-runtime.ts'
import { whyNot } from './what-runs.ts'

/** Scenarios at a time: most of what one takes is waiting for the disk. */
const AT_A_TIME = 8

export interface RuntimeResult {
  readonly scenario: Scenario
  readonly outcome: Outcome
}

/** Runs the scenarios with so many partitions of every topic; those that move the wall clock by themselves. */
export async function* runAll(scenarios: readonly Scenario[], partitions: number): AsyncGenerator<RuntimeResult> {
  const alone: Scenario[] = []
  const together: Scenario[] = []
  for (const scenario of scenarios) {
    const why = whyNot(scenario, partitions)
    if (why !== null) yield { scenario, outcome: { kind: 'skipped', why } }
    else (movesWallClock(scenario) ? alone : together).push(scenario)
  }
  for (let first = 0; first < together.length; first += AT_A_TIME) {
    using clock = new FrozenClock()
    const group = together.slice(first, first + AT_A_TIME)
    yield* await Promise.all(group.map((scenario) => outcomeOf(scenario, partitions, clock)))
  }
  for (const scenario of alone) {
    using clock = new FrozenClock()
    yield await outcomeOf(scenario, partitions, clock)
  }
}

async function outcomeOf(scenario: Scenario, partitions: number, clock: FrozenClock): Promise<RuntimeResult> {
  return { scenario, outcome: await runOnRuntime(scenario, { partitions, clock }) }
}
