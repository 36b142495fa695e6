import type { Topology } from '../dsl/index.ts'
import { createApp } from './app.ts'
import type { AppOptions } from './options.ts'

/**
 * Runs a topology until the process is told to stop (SIGTERM, SIGINT): then commits, leaves the group, and resolves, within
 * 10 s. A second signal ends the process at once, as it would without Millrace.
 *
 * @throws {MillraceError} what kept the app from starting, or stopped it. What was not committed is done again by the next
 *   start.
 *
 * @example
 * ```ts
 * await run(shop, { kafka: { brokers: ['localhost:9092'] }, mysql: 'mysql://…' })
 * ```
 */
export async function run(topology: Topology, options: AppOptions): Promise<void> {
  const app = createApp(topology, options)
  const stop = (): void => void app.stop()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  try {
    await app.start()
    await app.stopped
  } finally {
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
  }
}
