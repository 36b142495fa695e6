import type { LogRecord } from '../log/records/index.ts'
import type { SourceInput } from '../operators/index.ts'
import type { InputBuffer } from './input-buffer.ts'

/** One input partition of a running task: where its records wait and where they go. */
export interface TaskInput {
  readonly buffer: InputBuffer
  readonly source: SourceInput
  /** Timestamp of the head record when it is loaded into the source's slot; otherwise NOT_LOADED. */
  headTimestamp: number
  /** Tells which of two heads was loaded first. */
  headOrder: number
}

export const NOT_LOADED = -1

/**
 * Chooses which input of a task goes next: the one whose head has the smallest timestamp; among equals the one whose
 * head has waited longest, as in Kafka Streams: inputs of the same time take turns. When an input has nothing buffered, max.task.idle says how long the others wait for it (KIP-353, KIP-695).
 */
export class InputChooser {
  readonly #inputs: readonly TaskInput[]
  readonly #maxTaskIdle: number
  /** When the wait for an empty input ends, ms since the epoch; Infinity: not by time alone. */
  idleUntil: number = Number.POSITIVE_INFINITY
  #idleSince = -1
  /** Heads loaded so far. */
  #loaded = 0

  /** `maxTaskIdle`: ms; 0 waits only for what the log is known to hold; -1 never waits. */
  constructor(inputs: readonly TaskInput[], maxTaskIdle: number) {
    this.#inputs = inputs
    this.#maxTaskIdle = maxTaskIdle
  }

  /** The input to process next, its head loaded; undefined: nothing, or not yet. */
  next(now: number): TaskInput | undefined {
    let best: TaskInput | undefined
    let waitFor: 'nothing' | 'time' | 'data' = 'nothing'
    for (const input of this.#inputs) {
      if (input.headTimestamp === NOT_LOADED && !this.#load(input)) {
        if (input.buffer.behind) waitFor = 'data'
        else if (waitFor === 'nothing') waitFor = 'time'
      } else if (best === undefined || goesBefore(input, best)) {
        best = input
      }
    }
    if (waitFor === 'nothing' || best === undefined) {
      this.#idleSince = -1
      this.idleUntil = Number.POSITIVE_INFINITY
      return best
    }
    return this.#mayGoOn(waitFor, now) ? best : undefined
  }

  /** Loads the first record that is not to be skipped; false when the buffer has none. */
  #load(input: TaskInput): boolean {
    for (;;) {
      const record: LogRecord | undefined = input.buffer.peek()
      if (record === undefined) return false
      const timestamp = input.source.load(record)
      if (timestamp >= 0) {
        input.headTimestamp = timestamp
        input.headOrder = this.#loaded++
        return true
      }
      input.buffer.advance()
    }
  }

  #mayGoOn(waitFor: 'time' | 'data', now: number): boolean {
    if (this.#maxTaskIdle < 0) return true
    if (waitFor === 'data') {
      this.#idleSince = -1
      this.idleUntil = Number.POSITIVE_INFINITY
      return false
    }
    if (this.#idleSince < 0) this.#idleSince = now
    this.idleUntil = this.#idleSince + this.#maxTaskIdle
    return now >= this.idleUntil
  }
}

function goesBefore(a: TaskInput, b: TaskInput): boolean {
  return a.headTimestamp < b.headTimestamp || (a.headTimestamp === b.headTimestamp && a.headOrder < b.headOrder)
}
