import type { Encoded } from '../codec.ts'

/** One change of a batch. A put without a value is not possible; deletion is its own kind. */
export type EngineOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Encoded }
  | { readonly type: 'delete'; readonly key: Uint8Array }

/** Keys `gte <= key < lt` in unsigned byte order; a missing bound is open. */
export interface EngineRange {
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly reverse?: boolean
}

/** One entry as the engine holds it. The buffers may not be changed, and stay valid. */
export type EngineEntry = readonly [key: Buffer, value: Buffer]

/** A forward or backward walk over a range, a chunk at a time (one await per chunk, not per entry). */
export interface EngineCursor {
  /** Up to `max` next entries; an empty array at the end. */
  next(max: number): Promise<readonly EngineEntry[]>
  close(): Promise<void>
}

export interface EngineWriteOptions {
  /**
   * True: resolves once the operating system says that the disk has it, so that a power cut cannot take it back. Default
   * false: a crash of the process cannot.
   */
  readonly durable?: boolean
}

/**
 * The port to an ordered key-value database: what a task needs of LevelDB, and no more. Every implementation passes
 * `stateStoreSuite()`.
 */
export interface StateEngine {
  /** `level` and the like, for messages and metrics. */
  readonly name: string
  /** Where the data is, for messages: a folder, or `memory`. */
  readonly location: string
  /** @throws {StateStoreError} STATE_LOCKED, STATE_CORRUPT, STATE_IO */
  open(): Promise<void>
  /** Point read, synchronous: this is the hot path. */
  get(key: Uint8Array): Buffer | undefined
  cursor(range: EngineRange): EngineCursor
  /** Applies all operations or none. Later operations on a key win. */
  write(operations: readonly EngineOperation[], options?: EngineWriteOptions): Promise<void>
  /** Deletes a whole range. Not atomic with writes: for data that nobody can see any more. */
  clear(range: EngineRange): Promise<void>
  /** Gives the disk space of what was deleted or overwritten in the range back. Reads and writes go on meanwhile. */
  compact(range: EngineRange): Promise<void>
  close(): Promise<void>
}
