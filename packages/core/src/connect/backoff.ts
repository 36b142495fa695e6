/** Waits between attempts: doubling from 100 ms to 30 s. */
export class Backoff {
  #attempt = 0

  /** ms to wait now. */
  next(): number {
    return Math.min(30_000, 100 * 2 ** Math.min(this.#attempt++, 10))
  }

  /** After a success. */
  reset(): void {
    this.#attempt = 0
  }
}

/** Resolves after a time, or as soon as the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
