import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../../errors.ts'
import type { Logger } from '../../runtime/logger.ts'
import { BrokerError, type Recovery } from './errors.ts'

export interface RetryOptions {
  /** For log lines and the final error: `reading offsets of orders`. */
  readonly what: string
  /** After this the last error is thrown, ms. */
  readonly timeoutMs: number
  readonly logger: Logger
  /** Called before each retry that needs more than waiting. */
  readonly recover?: (recovery: Recovery) => void | Promise<void>
  /** First and largest pause, ms. Default 20 and 1000; each pause is twice the last one, and random within its upper half. */
  readonly pauseMs?: readonly [first: number, largest: number]
  /** Stops between attempts, with the reason of the signal. */
  readonly signal?: AbortSignal
}

/**
 * Runs the attempt until it succeeds, fails with an error that is not retriable, or time is up. One warning is logged when
 * retrying takes longer than a second, then one every ten seconds.
 */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, timeoutMs, logger, recover, pauseMs: [first, largest] = [20, 1000], signal } = options
  const started = performance.now()
  let pause = first
  let nextWarning = 1000
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retriable) throw error
      const elapsed = performance.now() - started
      const patience = error.code === 'TOPIC_MISSING' ? Math.min(timeoutMs, TOPIC_GRACE_MS) : timeoutMs
      if (elapsed >= patience) throw gaveUp(error, what, elapsed)
      if (elapsed >= nextWarning) {
        logger.warn('kafka-retry', { what, forMs: Math.round(elapsed), error: error.message })
        nextWarning = elapsed + 10_000
      }
      const recovery = error instanceof BrokerError ? error.recovery : 'metadata'
      if (recovery !== 'wait') await recover?.(recovery)
      await delay(pause / 2 + (Math.random() * pause) / 2, undefined, { signal: signal ?? undefined }).catch(() => {})
      pause = Math.min(pause * 2, largest)
    }
  }
}

/** A topic that was just created may be unknown to some brokers for so long; after that it is missing. */
export const TOPIC_GRACE_MS = 5_000

function gaveUp(error: MillraceError, what: string, elapsedMs: number): MillraceError {
  return new MillraceError(error.code, `Gave up ${what} after ${(elapsedMs / 1000).toFixed(1)} s. ${error.message}`, {
    cause: error,
    location: error.location,
    retriable: true,
  })
}
