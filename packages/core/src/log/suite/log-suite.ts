import type { Log } from '../log.ts'
import { adminBehaviour } from './admin-behaviour.ts'
import { groupBehaviour } from './group-behaviour.ts'
import { readerBehaviour } from './reader-behaviour.ts'
import { SuiteLog } from './suite-log.ts'
import type { SuiteRunner } from './suite-runner.ts'
import { transactionBehaviour } from './transaction-behaviour.ts'
import { writerBehaviour } from './writer-behaviour.ts'

/** What adapters may differ in. Declared by the adapter, never found out by the suite. */
export interface LogSuiteSupport {
  /** After `deleteRecords` the beginning offset is exactly the one that was asked for. */
  readonly deleteRecordsExact: boolean
  /** The largest record value that a topic with default configuration takes for sure, and one that it refuses, bytes. */
  readonly acceptedValueBytes: number
  readonly refusedValueBytes: number
}

export interface LogSuiteOptions {
  /** Title of the tests. */
  readonly name: string
  readonly runner: SuiteRunner
  /** Opens the log, once for the whole suite, which uses topics and groups with names of its own. */
  readonly open: () => Promise<Log>
  /** Runs after the suite has closed the log. */
  readonly cleanUp?: () => Promise<void>
  readonly supports: LogSuiteSupport
}

/** Declares the tests that every `Log` must pass. */
export function logSuite({ name, runner, open, cleanUp, supports }: LogSuiteOptions): void {
  runner.describe(`${name}, as a log`, () => {
    const log = new SuiteLog(open)
    adminBehaviour(runner, log, supports)
    readerBehaviour(runner, log)
    writerBehaviour(runner, log, supports)
    transactionBehaviour(runner, log)
    groupBehaviour(runner, log)
    runner.afterAll(async () => {
      await log.close()
      await cleanUp?.()
    })
  })
}
