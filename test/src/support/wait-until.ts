import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  /** Default 30 s: long enough for a loaded machine, since a true condition ends the wait at once. */
  readonly timeoutMs?: number
  /** What is waited for, to complete «timed out waiting until …». */
  readonly what: string
}

/** Polls a condition until it is true. An error that it throws counts as false, and is the cause when time is up. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 30_000, what }: WaitOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let cause: unknown
    try {
      if (await condition()) return
    } catch (error) {
      cause = error
    }
    if (performance.now() > deadline) throw new Error(`timed out after ${timeoutMs} ms waiting until ${what}`, { cause })
    await delay(25)
  }
}
