import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, type AppOptions, createApp, type Topology, type TopologyBuilder } from '@millrace/core'
import { buildTopology } from '../build-topology.ts'
import { keysOf } from '../keys-of.ts'
import type { Failure, Outcome } from '../run-scenario.ts'
import { same } from '../same.ts'
import type { Scenario, Step } from '../scenario.ts'
import { plainText } from '../text.ts'
import { Unsupported } from '../unsupported.ts'
import { answersOf, recordedOutputs } from './answers.ts'
import type { FrozenClock } from './frozen-clock.ts'
import { asQueried, queryStore } from './query-store.ts'
import { ScenarioLog } from './scenario-log.ts'
import type { Way } from './way.ts'

const CACHE_BYTES = 64 * 1024 * 1024
/** A global table that stays empty: its queries tell that the worker has taken a turn. */
const PROBE = 'probe'

/** What a run needs besides the scenario. */
interface Run {
  readonly scenario: Scenario
  readonly way: Way
  /** In charge of `Date.now`; at 0. */
  readonly clock: FrozenClock
  readonly stateDir: string
}

/**
 * Runs the scenario as an app: exactly-once, on a log in memory, state in LevelDB. Each step is written to its topic and has gone
 * through everything before the next one comes. Compares answers (see {@link answersOf}) and what queries find in the stores.
 */
export async function runOnRuntime(scenario: Scenario, way: Way, clock: FrozenClock): Promise<Outcome> {
  const stateDir = await mkdtemp(join(tmpdir(), 'millrace-scenario-'))
  try {
    const failure = await firstFailure({ scenario, way, clock, stateDir })
    return failure === null ? { kind: 'passed' } : { kind: 'failed', failure }
  } catch (error) {
    if (error instanceof Unsupported) return { kind: 'unsupported', feature: error.feature }
    return { kind: 'failed', failure: { where: 'start', expected: 'an app', got: String(error) } }
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}

async function firstFailure(run: Run): Promise<Failure | null> {
  const { scenario, way } = run
  const refusal = scenario.expectError?.at === 'build'
  const topology = buildOrRefuse(scenario)
  if (topology === null) return null
  await using log = await openLog(scenario, topology, way.partitions)
  if (log === null) return null
  if (refusal) return { where: 'build', expected: 'a refusal', got: 'a topology' }
  const failure = await firstFailureOfApps(run, topology, log)
  if (failure !== null) return failure
  return await firstAnswerFailure(scenario, way.partitions, log)
}

/** Runs the steps, in one app or in two, the second of which finds no state. */
async function firstFailureOfApps(run: Run, topology: Topology, log: ScenarioLog): Promise<Failure | null> {
  const { scenario, way, stateDir } = run
  const steps = scenario.steps.length
  const lives = way.loseState ? [0, Math.floor(steps / 2), steps] : [0, steps]
  for (let life = 1; life < lives.length; life++) {
    const app = createApp(topology, optionsOf(run, log))
    try {
      await app.start()
      const failure = await firstStepFailure(run, app, log, lives[life - 1] ?? 0, lives[life] ?? steps)
      if (failure !== null) return failure
      if (app.state.status === 'failed') return null
      const wrong = life === lives.length - 1 ? await firstStoreFailure(scenario, app) : null
      if (wrong !== null) return wrong
    } finally {
      await app.stop()
    }
    await rm(stateDir, { recursive: true, force: true })
  }
  return null
}

function optionsOf({ scenario, way, stateDir }: Run, { log }: ScenarioLog): AppOptions {
  return {
    log,
    stateDir,
    partitions: way.partitions,
    commitInterval: 0,
    cacheMaxBytes: scenario.caching === true ? CACHE_BYTES : 0,
    onProcessingError: scenario.onProcessingError ?? 'stop',
    optimize: scenario.optimize === true,
    logger: false,
  }
}

/** null: the topology was refused, as it should be. */
function buildOrRefuse(scenario: Scenario): Topology | null {
  const probe = (t: TopologyBuilder): unknown => t.globalTable(PROBE, { key: plainText, value: plainText, as: PROBE })
  try {
    return buildTopology(scenario, movesWallClock(scenario) ? probe : undefined)
  } catch (error) {
    if (scenario.expectError?.at === 'build' && !(error instanceof Unsupported)) return null
    throw error
  }
}

/** Plans the topology, too. null: it was refused, as it should be. */
async function openLog(scenario: Scenario, topology: Topology, partitions: number): Promise<ScenarioLog | null> {
  try {
    return await ScenarioLog.open(scenario, topology, partitions)
  } catch (error) {
    if (scenario.expectError?.at === 'build') return null
    throw error
  }
}

/** Whether the scenario has steps that move the wall clock. */
export function movesWallClock({ steps }: Scenario): boolean {
  return steps.some((step) => 'advanceWallClock' in step)
}

/** Of the steps from `begin` to before `end`. */
async function firstStepFailure(
  { scenario: { steps, expect, expectError }, clock }: Run,
  app: App,
  log: ScenarioLog,
  begin: number,
  end: number,
): Promise<Failure | null> {
  for (const [offset, step] of steps.slice(begin, end).entries()) {
    const index = begin + offset
    const refused = await take(app, log, clock, step)
    if (expectError?.at === 'step' && expectError.step === index) {
      return refused === null ? { where: `step ${index}`, expected: 'an error', got: 'none' } : null
    }
    if (refused !== null) return { where: `step ${index}`, expected: expect[index], got: refused }
  }
  return null
}

/** The error that the app ended with, or null. */
async function take(app: App, log: ScenarioLog, clock: FrozenClock, step: Step): Promise<string | null> {
  try {
    if ('advanceWallClock' in step) {
      clock.advance(step.advanceWallClock)
      // A query is answered in a turn of the worker; the turn of the second one began after the clock had moved.
      for (let turn = 0; turn < 2; turn++) await app.store(PROBE).get('')
    } else {
      await log.write(step)
    }
    await app.caughtUp()
    return null
  } catch (error) {
    return app.state.status === 'failed' ? String(app.state.error) : String(error)
  }
}

async function firstStoreFailure(scenario: Scenario, app: App): Promise<Failure | null> {
  for (const [name, { kind, rows }] of Object.entries(scenario.expectStores ?? {})) {
    const got = await queryStore(app, name, kind, keysOf(scenario))
    const expected = asQueried(kind, rows)
    if (!same(expected, got)) return { where: `store ${name}`, expected, got }
  }
  return null
}

async function firstAnswerFailure(scenario: Scenario, partitions: number, log: ScenarioLog): Promise<Failure | null> {
  const expected = answersOf(scenario, partitions, recordedOutputs(scenario))
  const got = answersOf(scenario, partitions, await log.readOutputs())
  for (const what of new Set([...expected.keys(), ...got.keys()])) {
    const [wanted = null, found = null] = [expected.get(what), got.get(what)]
    if (!same(wanted, found)) return { where: what, expected: wanted, got: found }
  }
  return null
}
