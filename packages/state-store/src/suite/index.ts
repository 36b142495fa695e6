/**
 * What every state engine must pass, and every store over it. Written against no test framework: assertions come from
 * `node:assert`, tests are registered through a function that is handed in.
 */
import type * as FastCheck from 'fast-check'
import { databaseContract } from './database-contract.ts'
import { engineContract } from './engine-contract.ts'
import { checkKeyedModel } from './keyed-model.ts'
import { lifetimeContract } from './lifetime-contract.ts'
import { storesContract } from './stores-contract.ts'
import type { SubjectFactory, TestFunction } from './subject.ts'
import { checkSessionModel } from './session-model.ts'
import { checkVersionedModel } from './versioned-model.ts'
import { checkWindowModel } from './window-model.ts'

export type { Subject, SubjectFactory, TestFunction } from './subject.ts'

export interface StateStoreSuiteOptions {
  /** Registers a test: `it` of vitest, `test` of `node:test`. */
  readonly test: TestFunction
  readonly factory: SubjectFactory
  /** fast-check's module (`import * as fc from 'fast-check'`), version 4. */
  readonly fc: typeof FastCheck
  /** Random histories of each model test. Default 100. */
  readonly runs?: number
}

/**
 * Registers the tests that an engine must pass.
 *
 * @example
 * ```ts fragment
 * import { memoryEngine } from '@millrace/state-store'
 * import { stateStoreSuite } from '@millrace/state-store/suite'
 * import * as fc from 'fast-check'
 * import { it } from 'vitest'
 *
 * const engine = memoryEngine()
 * stateStoreSuite({ test: it, fc, factory: async () => ({ engine: () => engine, remove: async () => {} }) })
 * ```
 */
export function stateStoreSuite({ test, factory, fc, runs = 100 }: StateStoreSuiteOptions): void {
  engineContract(test, factory)
  storesContract(test, factory)
  lifetimeContract(test, factory)
  databaseContract(test, factory)
  test('model: keyed stores agree with a map through any history', () => checkKeyedModel(fc, factory, runs))
  test('model: window stores agree with a map through any history', () => checkWindowModel(fc, factory, runs, { paged: false }))
  test('model: paged window stores agree with a map through any history', () =>
    checkWindowModel(fc, factory, runs, { paged: true }))
  test('model: session stores agree with a list through any history', () => checkSessionModel(fc, factory, runs))
  test('model: versioned stores agree with a list through any history', () => checkVersionedModel(fc, factory, runs))
}
