/** What a worker counts about itself. Plain fields: counting costs nothing. */
export class WorkerFigures {
  commits: number = 0
  aborts: number = 0
  rebalances: number = 0
  /** ms of the last commit. */
  commitLatencyLast: number = 0
  commitLatencyMax: number = 0
  #latencySum = 0

  committed(latencyMs: number): void {
    this.commits++
    this.commitLatencyLast = latencyMs
    this.#latencySum += latencyMs
    if (latencyMs > this.commitLatencyMax) this.commitLatencyMax = latencyMs
  }

  get commitLatencyAverage(): number {
    return this.commits === 0 ? 0 : this.#latencySum / this.commits
  }
}
