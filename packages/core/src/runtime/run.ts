import type { Topology } from '../dsl/index.ts'
import { createApp } from './app.ts'
import type { AppOptions } from './options.ts'

/** One Ctrl-C comes twice to a program that npm started: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1000

/**
 * Runs a topology until the process is told to stop (SIGTERM, SIGINT): then commits, leaves the group, and resolves, within
 * 10 s. A second signal, a second or more after the first, ends the process at once, as it would without Millrace.
 *
 * @throws {MillraceError} what kept the app from starting, or stopped it. What was not committed is done again by the next
 *   start.
 *
 * @example
 * ```ts fragment
 * import { run } from '@millrace/core'
 *
 * await run(shop, { kafka: { brokers: ['localhost:9092'] }, mysql: 'mysql://…' })
 * ```
 */
export async function run(topology: Topology, options: AppOptions): Promise<void> {
  const app = createApp(topology, options)
  const signals = ['SIGTERM', 'SIGINT'] as const
  const stopListening = (): void => signals.forEach((signal) => process.off(signal, stop))
  const stop = (): void => {
    void app.stop()
    setTimeout(stopListening, SAME_SIGNAL_MS).unref()
  }
  signals.forEach((signal) => process.on(signal, stop))
  try {
    await app.start()
    await app.stopped
  } finally {
    stopListening()
  }
}
