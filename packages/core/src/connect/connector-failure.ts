import { MillraceError } from '../errors.ts'

/**
 * A connector's task failed for good, and the app stops. It has the code of its cause, so that whoever must act knows what it is;
 * CONNECTOR_FAILED when the cause has none.
 */
export class ConnectorFailure extends MillraceError<string> {
  constructor(task: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const known = cause instanceof MillraceError ? cause : undefined
    super(known?.code ?? 'CONNECTOR_FAILED', `Connector task ${task} failed: ${why}`, {
      cause,
      location: { task, ...known?.location },
    })
  }
}

/** True when trying again may help: the error says so, or another owner took over and this one may still be wanted. */
export function isRetriable(error: unknown): boolean {
  return (
    (error instanceof Error && 'retriable' in error && error.retriable === true) ||
    (error instanceof MillraceError && (error.code === 'FENCED' || error.code === 'TRANSACTION_ABORTED'))
  )
}
