export type WorkerStatus =
  | { readonly status: 'rebalancing' }
  | { readonly status: 'restoring'; readonly tasks: number; readonly remaining: number }
  | { readonly status: 'running' }

/** Tells what a worker is at: each round of the group, and else once for each change. */
export class StatusReports {
  readonly #onStatus: (status: WorkerStatus) => void
  #last = ''

  constructor(onStatus: (status: WorkerStatus) => void) {
    this.#onStatus = onStatus
  }

  report(status: WorkerStatus): void {
    const text = JSON.stringify(status)
    if (text === this.#last && status.status !== 'rebalancing') return
    this.#last = text
    this.#onStatus(status)
  }
}
