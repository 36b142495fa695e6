import type { Encoded, Headers } from '@millrace/state-store'
import type { Logger } from '../runtime/logger.ts'
import type { SourceTaskContext } from './connector.ts'

/** Where a source's records and positions go. */
export interface SourceOutput {
  append(topic: string, key: Encoded | null, value: Encoded | null, timestamp: number, headers: Headers): void
  commit(position: Encoded): Promise<void>
}

export interface SourceSessionOptions {
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly position: Uint8Array | null
  readonly output: SourceOutput
  readonly onCommitted: (records: number) => void
  readonly onReport: (figures: Readonly<Record<string, number>>) => void
}

type Emitted = readonly [topic: string, key: Encoded | null, value: Encoded | null, timestamp: number, headers: Headers]

/**
 * What a source task sees of the runtime in one attempt. Records emitted while a commit is under way wait here, because they
 * belong to the next one. After `end` nothing gets through: what is uncommitted is being dropped by then, and a position that the
 * task commits late (it was planned, or waited for an earlier commit) would stand for records that are gone.
 */
export class SourceSession implements SourceTaskContext {
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly position: Uint8Array | null
  readonly report: (figures: Readonly<Record<string, number>>) => void
  readonly #options: SourceSessionOptions
  #committing: Promise<void> | undefined
  #waiting: Emitted[] = []
  #records = 0
  #bytes = 0
  #ended = false

  constructor(options: SourceSessionOptions) {
    this.#options = options
    this.signal = options.signal
    this.logger = options.logger
    this.position = options.position
    this.report = options.onReport
  }

  get pendingBytes(): number {
    return this.#bytes
  }

  emit(topic: string, key: Encoded | null, value: Encoded | null, timestamp: number, headers: Headers): void {
    if (this.#ended) return
    this.#records++
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0) + 16
    if (this.#committing === undefined) this.#options.output.append(topic, key, value, timestamp, headers)
    else this.#waiting.push([topic, key, value, timestamp, headers])
  }

  commit(position: Encoded): Promise<void> {
    if (this.#ended) return Promise.reject(new Error('The source task committed after it had ended.'))
    if (this.#committing !== undefined) return Promise.reject(new Error('The source task began a commit during another one.'))
    const committing = this.#commit(position)
    this.#committing = committing
    return committing
  }

  /** The task is over. Resolves when no commit is under way. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#committing?.catch(() => undefined)
  }

  async #commit(position: Encoded): Promise<void> {
    const { output, onCommitted } = this.#options
    const records = this.#records
    this.#records = 0
    this.#bytes = 0
    await output.commit(position)
    onCommitted(records)
    this.#committing = undefined
    const waiting = this.#waiting
    this.#waiting = []
    if (!this.#ended) for (const emitted of waiting) output.append(...emitted)
  }
}
