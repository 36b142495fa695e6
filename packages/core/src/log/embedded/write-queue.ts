import type { EngineOperation, StateEngine } from '@millrace/state-store'
import { MillraceError } from '../../errors.ts'

/** One atomic change of the log. */
export interface LogChange {
  /** False for changes that may be lost in a power cut without harm (deletions that are repeated). Default true. */
  readonly durable?: boolean
  /**
   * Checks, then changes the hot state and adds the operations. Runs when it is the change's turn, synchronously, so it sees
   * the effect of every change before it. When it throws, it has changed nothing, and the change alone is refused.
   */
  prepare(operations: EngineOperation[]): void
  /** Runs once the operations are on disk. */
  written?(): void
}

interface Waiting {
  readonly change: LogChange
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Writes the changes one after the other; those that arrive during a write go into the next one together, so that several
 * writers share one sync of the disk. After a failed write the hot state and the disk may differ: from then on everything is
 * refused until the log is opened again.
 */
export class WriteQueue {
  readonly #engine: StateEngine
  readonly #durable: boolean
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null
  #failure: MillraceError | null = null

  constructor(engine: StateEngine, durable: boolean) {
    this.#engine = engine
    this.#durable = durable
  }

  /** @throws {MillraceError} LOG_IO; what `prepare` throws */
  submit(change: LogChange): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when everything submitted so far is written or refused. @throws {MillraceError} LOG_IO */
  async settled(): Promise<void> {
    if (this.#running === null) this.checkWritable()
    else await this.submit({ prepare: () => undefined })
  }

  /** @throws {MillraceError} LOG_IO once a write has failed */
  checkWritable(): void {
    if (this.#failure !== null) throw this.#failure
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      await this.#writeTogether(waiting)
    }
    this.#running = null
  }

  async #writeTogether(waiting: readonly Waiting[]): Promise<void> {
    const operations: EngineOperation[] = []
    const prepared: Waiting[] = []
    for (const each of waiting) {
      try {
        if (this.#failure !== null) throw this.#failure
        each.change.prepare(operations)
        prepared.push(each)
      } catch (error) {
        each.reject(error)
      }
    }
    try {
      const durable = this.#durable && prepared.some(({ change }) => change.durable !== false)
      if (operations.length > 0) await this.#engine.write(operations, { durable })
    } catch (cause) {
      this.#failure ??= new MillraceError(
        'LOG_IO',
        `The embedded log at ${this.#engine.location} could not be written, so it takes no more records: ` +
          `${cause instanceof Error ? cause.message : String(cause)}. Check free space and permissions of the folder, ` +
          'then start again: everything that was acknowledged is kept.',
        { cause },
      )
    }
    for (const { change, resolve, reject } of prepared) {
      if (this.#failure === null) {
        change.written?.()
        resolve()
      } else reject(this.#failure)
    }
  }
}
