import { type Pending, StateStoreError } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { CurrentRecord } from './current-record.ts'
import type { OperatorScope } from './operator-scope.ts'

/** True for what user code (or a serde given by the user) threw: whatever is not an error of ours. */
export function isUserFailure(error: unknown): boolean {
  return !(error instanceof MillraceError || error instanceof StateStoreError)
}

/** What to throw for something caught above an operator chain. Errors of ours go through as they are. */
export function operatorFailure(error: unknown, record: CurrentRecord, task: string): unknown {
  if (!isUserFailure(error)) return error
  const { operator, topic, partition, offset } = record
  const where = topic === undefined ? 'while caches were flushed' : `at ${topic}/${partition}, offset ${offset}`
  const why = error instanceof Error ? error.message : String(error)
  return new MillraceError(
    'USER_FUNCTION_FAILED',
    `Operator "${operator}" failed ${where}: ${why}. ` +
      'The record was not processed; it is read again after a restart. Make the function (or serde) of this operator accept it.',
    {
      cause: error,
      location: {
        operator,
        task,
        ...(topic === undefined ? {} : { topic }),
        ...(partition === undefined ? {} : { partition }),
        ...(offset === undefined ? {} : { offset }),
      },
    },
  )
}

/**
 * Under `onProcessingError: 'continue'`: what user code threw costs its record and no more.
 *
 * @throws what is an error of ours
 */
export function dropFailure(error: unknown, { task, record }: OperatorScope): void {
  if (!isUserFailure(error)) throw error
  task.dropped(record.operator, 'failed')
}

/** Runs a chain of operators, and stands guard over it. */
export function guarded(run: () => Pending, record: CurrentRecord, task: string): Pending {
  try {
    const pending = run()
    return pending === undefined ? undefined : settle(pending, record, task)
  } catch (error) {
    throw operatorFailure(error, record, task)
  }
}

/** The asynchronous half of the guard: a chain that had to wait fails in the same words. */
export async function settle(pending: Promise<void>, record: CurrentRecord, task: string): Promise<void> {
  try {
    await pending
  } catch (error) {
    throw operatorFailure(error, record, task)
  }
}
