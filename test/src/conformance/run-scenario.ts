import { TopologyTestDriver } from '@millrace/core'
import { buildTopology } from './build-topology.ts'
import { decodeHeaders, encodeHeaders } from './header-list.ts'
import { keysOf } from './keys-of.ts'
import { readStore } from './read-store.ts'
import { same } from './same.ts'
import type { ExpectedError, OutputRecord, Scenario, Step } from './scenario.ts'
import { plainText } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** What became of a scenario. */
export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'unsupported'; readonly feature: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Such a run cannot say anything about it. */
  | { readonly kind: 'skipped'; readonly why: string }

/** The first thing that was not as recorded. */
export interface Failure {
  /** `step 3`, `store st`, `build`. */
  readonly where: string
  readonly expected: unknown
  readonly got: unknown
}

/** Builds the topology of the scenario with the public DSL, feeds its steps, compares outputs and stores. */
export async function runScenario(scenario: Scenario): Promise<Outcome> {
  try {
    const failure = await firstFailure(scenario)
    return failure === null ? { kind: 'passed' } : { kind: 'failed', failure }
  } catch (error) {
    if (error instanceof Unsupported) return { kind: 'unsupported', feature: error.feature }
    return { kind: 'failed', failure: { where: 'build', expected: 'a topology', got: String(error) } }
  }
}

async function firstFailure(scenario: Scenario): Promise<Failure | null> {
  const { expectError } = scenario
  await using driver = await openDriver(scenario, expectError)
  if (driver === null) return null
  if (expectError?.at === 'build') return { where: 'build', expected: 'a refusal', got: 'a topology' }
  for (const [index, step] of scenario.steps.entries()) {
    const refused = await take(driver, step)
    if (expectError?.at === 'step' && expectError.step === index) {
      return refused === null ? { where: `step ${index}`, expected: 'an error', got: 'none' } : null
    }
    if (refused !== null) return { where: `step ${index}`, expected: scenario.expect[index], got: refused }
    const got = readOutputs(driver)
    if (!same(scenario.expect[index] ?? [], got)) return { where: `step ${index}`, expected: scenario.expect[index], got }
  }
  for (const [name, { kind, rows }] of Object.entries(scenario.expectStores ?? {})) {
    const plain = scenario.nodes.some(({ op, store }) => op === 'store' && store === name)
    const got = await readStore(driver, name, kind, plain, keysOf(scenario))
    if (!same(rows, got)) return { where: `store ${name}`, expected: rows, got }
  }
  return null
}

/** null: the topology was refused, as it should be. */
async function openDriver(scenario: Scenario, expectError: ExpectedError | undefined): Promise<TopologyTestDriver | null> {
  try {
    const topology = buildTopology(scenario)
    return await TopologyTestDriver.open(topology, {
      onProcessingError: scenario.onProcessingError ?? 'stop',
      optimize: scenario.optimize === true,
    })
  } catch (error) {
    if (expectError?.at === 'build' && !(error instanceof Unsupported)) return null
    throw error
  }
}

/** The error that the step ended with, or null. */
async function take(driver: TopologyTestDriver, step: Step): Promise<string | null> {
  try {
    if ('advanceWallClock' in step) await driver.advanceWallClock(step.advanceWallClock)
    else {
      const input = driver.input(step.in, { key: plainText, value: plainText })
      await input.pipe(step.key, step.value, { timestamp: step.ts, headers: encodeHeaders(step.headers ?? []) })
    }
    return null
  } catch (error) {
    return String(error)
  }
}

/** What was sent to user topics since the last call: topics in ascending order. */
function readOutputs(driver: TopologyTestDriver): readonly OutputRecord[] {
  const records: OutputRecord[] = []
  for (const topic of [...driver.unreadTopics].sort()) {
    const output = driver.output(topic, { key: plainText, value: plainText })
    for (const { key, value, timestamp: ts, headers } of output.readAll()) {
      const record = { out: topic, key, value, ts }
      records.push(headers.length === 0 ? record : { ...record, headers: decodeHeaders(headers) })
    }
  }
  return records
}
