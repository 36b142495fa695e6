import type { StoreMarks, WindowStore } from '@millrace/state-store'

/** Places among the marks of the left store. */
const EVENT_TIME = 0
const IDLE_TIME = 1

/** Whether, at an event time, nothing is to be joined any more with a record that looks so far ahead, ms. */
export function windowClosed(timestamp: number, lookAhead: number, grace: number, eventTime: number): boolean {
  return timestamp + Math.max(0, lookAhead) + grace < eventTime
}

/** The event time of a join of streams: the greatest timestamp that reached either side. It survives a restart. */
export class JoinClock {
  #eventTime: number
  /** Greatest timestamp of a record, where event time has moved on without one. */
  #observed: number
  /** By which windows close: the greatest timestamp of a record that was kept, or how far silence has moved event time. */
  #closing: number
  readonly #marks: StoreMarks

  // oxlint-disable-next-line typescript/no-explicit-any -- of the stores only their times are wanted
  constructor(left: WindowStore<any, any>, right: WindowStore<any, any>) {
    this.#marks = left.marks
    this.#observed = Math.max(-1, left.observedStart, right.observedStart)
    this.#closing = Math.max(this.#observed, this.#marks.get(IDLE_TIME) ?? -1)
    this.#eventTime = Math.max(this.#closing, this.#marks.get(EVENT_TIME) ?? -1)
  }

  get eventTime(): number {
    return this.#eventTime
  }

  /** The event time by which windows close. */
  get closing(): number {
    return this.#closing
  }

  /** A record came that is kept. */
  keep(timestamp: number): void {
    if (timestamp > this.#closing) this.#closing = timestamp
    this.#observe(timestamp)
  }

  /** A record came that no store will remember: it moves event time on, but closes no window. */
  pass(timestamp: number): void {
    const before = this.#eventTime
    this.#observe(timestamp)
    if (this.#eventTime > before) this.#marks.set(EVENT_TIME, timestamp)
  }

  /** Nothing has come for so long, ms. */
  idle(elapsed: number): void {
    const time = this.#observed + elapsed
    if (this.#observed < 0 || time <= this.#closing) return
    this.#closing = time
    this.#eventTime = Math.max(this.#eventTime, time)
    this.#marks.set(IDLE_TIME, time)
  }

  /** Whether the window of a record that looks so far ahead, ms, has closed. */
  isLate(timestamp: number, lookAhead: number, grace: number): boolean {
    return windowClosed(timestamp, lookAhead, grace, this.#closing)
  }

  #observe(timestamp: number): void {
    if (timestamp > this.#observed) this.#observed = timestamp
    if (timestamp > this.#eventTime) this.#eventTime = timestamp
  }
}
