import type { SourceInput } from '../operators/index.ts'
import type { LogRecord } from '../log/records/index.ts'

/** Records of one source topic and partition on their way into a task, first in, first out. The head is loaded. */
export class TestQueue {
  readonly #input: SourceInput
  readonly #waiting: LogRecord[] = []
  #headTimestamp = -1
  #headOrder = 0
  /** Heads loaded so far, over all queues. */
  static #loaded = 0

  constructor(input: SourceInput) {
    this.#input = input
  }

  /** Timestamp of the head; -1 when the queue is empty. */
  get headTimestamp(): number {
    return this.#headTimestamp
  }

  /** Tells which of two heads was loaded first. */
  get headOrder(): number {
    return this.#headOrder
  }

  add(record: LogRecord): void {
    this.#waiting.push(record)
    this.#loadHead()
  }

  /** Processes the head; the next record is loaded by `loadNext`, when everything that follows from this one is done. */
  async processHead(): Promise<void> {
    this.#headTimestamp = -1
    await this.#input.process()
  }

  loadNext(): void {
    this.#loadHead()
  }

  #loadHead(): void {
    while (this.#headTimestamp < 0) {
      const record = this.#waiting.shift()
      if (record === undefined) return
      this.#headTimestamp = this.#input.load(record)
      this.#headOrder = TestQueue.#loaded++
    }
  }
}
