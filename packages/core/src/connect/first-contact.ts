/** How long an outside system may stay away before it has ever answered, ms. */
const FIRST_CONTACT_MS = 10_000

/**
 * Whether a system outside has ever answered this process. One that has will come back, and is waited for; one that never
 * did is more likely a wrong address or password, which somebody wants to be told.
 */
export class FirstContact {
  #made = false
  #firstFailure: number | undefined

  made(): void {
    this.#made = true
  }

  /** Call after a failed attempt: true when it is time to give up. */
  givesUp(now: number): boolean {
    this.#firstFailure ??= now
    return !this.#made && now - this.#firstFailure >= FIRST_CONTACT_MS
  }
}
