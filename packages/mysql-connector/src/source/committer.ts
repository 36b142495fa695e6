import type { SourceTaskContext } from '@millrace/core'

/** What can be committed, and when. */
export interface Committable {
  /** Between two transactions, and with nothing held back. */
  readonly ready: boolean
  encodePosition(): string
}

/** A position alone is committed this often, so that the server's binlog may be deleted behind it. */
const POSITION_EVERY_MS = 5000

/**
 * Commits as soon as there is something and the commit before is done: what comes meanwhile goes together into the next.
 */
export class Committer {
  /** Rejects when a commit has failed. */
  readonly failed: Promise<never>
  readonly #context: SourceTaskContext
  readonly #committable: Committable
  readonly #fail: (error: unknown) => void
  #underWay: Promise<void> | undefined
  #scheduled = false
  /** A turn came between two boundaries: the next boundary takes it. */
  #overdue = false
  #committedAt = performance.now()
  #committed = ''
  #listeners: (() => void)[] = []

  constructor(context: SourceTaskContext, committable: Committable) {
    this.#context = context
    this.#committable = committable
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    this.failed.catch(() => undefined)
    this.#fail = reject
  }

  /** A transaction has ended. What came in the same bytes from the server goes into the same commit. */
  boundary(): void {
    if (this.#overdue) {
      this.#overdue = false
      this.#turn()
      return
    }
    if (this.#scheduled || this.#underWay !== undefined || !this.#wanted) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  /** Begins a commit once the one under way is done; resolves when it has begun. */
  async begin(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay
    this.#commit()
  }

  /** A commit is under way. */
  get busy(): boolean {
    return this.#underWay !== undefined
  }

  /** Calls once when a commit has ended. */
  afterCommit(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Resolves when everything that was emitted before is committed. */
  async drained(): Promise<void> {
    while (this.#underWay !== undefined || this.#context.pendingBytes > 0) {
      await (this.#underWay ?? new Promise<void>((resolve) => this.afterCommit(resolve)))
    }
  }

  get #wanted(): boolean {
    return this.#context.pendingBytes > 0 || performance.now() - this.#committedAt > POSITION_EVERY_MS
  }

  #turn(): void {
    if (this.#underWay !== undefined || !this.#wanted) return
    if (!this.#committable.ready) this.#overdue = true
    else if (this.#context.pendingBytes > 0 || this.#committable.encodePosition() !== this.#committed) this.#commit()
    else this.#committedAt = performance.now()
  }

  #commit(): void {
    const position = this.#committable.encodePosition()
    this.#underWay = this.#context.commit(position).then(
      () => this.#ended(position),
      (error: unknown) => {
        this.#underWay = undefined
        this.#fail(error)
        throw error
      },
    )
    // Whoever waits sees it; everybody else sees `failed`.
    this.#underWay.catch(() => undefined)
  }

  #ended(position: string): void {
    this.#underWay = undefined
    this.#committed = position
    this.#committedAt = performance.now()
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
    this.#turn()
  }
}
