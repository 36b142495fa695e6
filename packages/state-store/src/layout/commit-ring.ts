import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import { StateStoreError } from '../errors.ts'
import { COMMIT_RING, commitRingKey } from './keys.ts'

/** Commits that are remembered; a 100 ms interval makes that seven minutes. */
const SLOTS = 4096

/**
 * The numbers of the last commits, each in a slot of its own: what notices that a commit in the middle is missing.
 *
 * LevelDB appends each batch to a log without waiting for the disk. A power cut may leave a hole in that log, which
 * LevelDB steps over: later batches are applied, with their checkpoint, and nothing else would tell that an earlier one
 * is lost. (A log that merely ends early is no such case: then state and checkpoint are both older.)
 */
export class CommitRing {
  #last: number

  private constructor(last: number) {
    this.#last = last
  }

  /** @throws {StateStoreError} STATE_CORRUPT when a commit is missing */
  static async open(engine: StateEngine): Promise<CommitRing> {
    const numbers: number[] = []
    const cursor = engine.cursor(COMMIT_RING)
    for (let chunk = await cursor.next(SLOTS); chunk.length > 0; chunk = await cursor.next(SLOTS)) {
      for (const [, value] of chunk) numbers.push(Number(value.toString()))
    }
    await cursor.close()
    const last = numbers.reduce((greatest, number) => Math.max(greatest, number), 0)
    const first = Math.max(1, last - SLOTS + 1)
    if (numbers.length !== last - first + 1 || numbers.some((number) => !(number >= first))) {
      throw new StateStoreError(
        'STATE_CORRUPT',
        `The state database in ${engine.location} has lost a commit before its last one, number ${last}: a power cut or a ` +
          'damaged file. Delete this folder: the state is rebuilt from its changelog topics.',
      )
    }
    return new CommitRing(last)
  }

  /** What the next batch has to write besides its own. */
  next(): EngineOperation {
    const number = this.#last + 1
    return { type: 'put', key: commitRingKey(number % SLOTS), value: String(number) }
  }

  /** The batch was written. */
  advance(): void {
    this.#last++
  }
}
