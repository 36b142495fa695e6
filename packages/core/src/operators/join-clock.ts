import type { WindowStore } from '@millrace/state-store'

/** Place of the event time among the marks of the left store. */
const EVENT_TIME = 0

/** The event time of a join of streams: the greatest timestamp that reached either side. It survives a restart. */
export class JoinClock {
  #eventTime: number
  /** Greatest timestamp of a record, where event time has moved on without one. */
  #observed: number
  readonly #left: WindowStore<unknown, unknown>

  // oxlint-disable-next-line typescript/no-explicit-any -- of the stores only their times are wanted
  constructor(left: WindowStore<any, any>, right: WindowStore<any, any>) {
    this.#left = left
    this.#observed = Math.max(-1, left.observedStart, right.observedStart)
    this.#eventTime = Math.max(this.#observed, left.marks.get(EVENT_TIME) ?? -1)
  }

  get eventTime(): number {
    return this.#eventTime
  }

  /** @param unkept - true for a record that no store will remember */
  advance(timestamp: number, unkept: boolean): void {
    if (timestamp > this.#observed) this.#observed = timestamp
    this.#advance(timestamp, unkept)
  }

  /** Nothing has come for so long, ms. */
  idle(elapsed: number): void {
    if (this.#observed >= 0) this.#advance(this.#observed + elapsed, true)
  }

  #advance(timestamp: number, unkept: boolean): void {
    if (timestamp <= this.#eventTime) return
    this.#eventTime = timestamp
    if (unkept) this.#left.marks.set(EVENT_TIME, timestamp)
  }
}
