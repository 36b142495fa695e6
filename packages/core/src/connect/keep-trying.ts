import type { Logger } from '../runtime/logger.ts'
import { Backoff, sleep } from './backoff.ts'
import { ConnectorFailure, isRetriable } from './connector-failure.ts'
import type { FirstContact } from './first-contact.ts'

export interface KeepTryingOptions {
  /** Task that is tried, for messages. */
  readonly id: string
  /** Event that is logged before each further attempt. */
  readonly event: string
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly firstContact: FirstContact
  /** Called once, with an error that trying again does not cure. */
  readonly onFailure: (error: Error) => void
}

/**
 * Runs a connector's task again and again, until the signal aborts or an error comes that trying again does not cure.
 *
 * @param attempt calls what it is given when it has got further: the next wait is short again
 */
export async function keepTrying(options: KeepTryingOptions, attempt: (onProgress: () => void) => Promise<void>): Promise<void> {
  const { id, event, signal, logger, firstContact, onFailure } = options
  const backoff = new Backoff()
  while (!signal.aborted) {
    try {
      await attempt(() => backoff.reset())
    } catch (error) {
      if (signal.aborted) return
      if (!isRetriable(error) || firstContact.givesUp(performance.now())) return onFailure(new ConnectorFailure(id, error))
      const waitMs = backoff.next()
      logger.warn(event, { task: id, error: String(error), waitMs })
      await sleep(waitMs, signal)
    }
  }
}
