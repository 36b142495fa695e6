import { MillraceError } from '../errors.ts'

/** True when trying again may help: the error says so, or another owner took over and this one may still be wanted. */
export function isRetriable(error: unknown): boolean {
  return (
    (error instanceof Error && 'retriable' in error && error.retriable === true) ||
    (error instanceof MillraceError && (error.code === 'FENCED' || error.code === 'TRANSACTION_ABORTED'))
  )
}

/** What stops the app when a connector's task failed for good. */
export function connectorFailure(task: string, error: unknown): MillraceError {
  const why = error instanceof Error ? error.message : String(error)
  return new MillraceError('CONNECTOR_FAILED', `Connector task ${task} failed: ${why}`, { cause: error, location: { task } })
}
