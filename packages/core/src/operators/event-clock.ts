import type { StoreMarks } from '@millrace/state-store'

/**
 * The event time of one operator: the greatest timestamp that reached it. Kept among the marks of its store, so that windows
 * which are closed stay closed over a restart.
 */
export class EventClock {
  readonly #marks: StoreMarks
  readonly #place: number
  #time: number
  /** Greatest timestamp of a record: where silence began. */
  #observed: number

  constructor(marks: StoreMarks, place: number) {
    this.#marks = marks
    this.#place = place
    this.#time = marks.get(place) ?? -1
    this.#observed = this.#time
  }

  /** ms since the epoch; -1 before the first record. */
  get time(): number {
    return this.#time
  }

  observe(timestamp: number): void {
    if (timestamp <= this.#observed) return
    this.#observed = timestamp
    this.#advance(timestamp)
  }

  /** Nothing has come for so long, ms: event time moves on as the wall clock does. */
  idle(elapsed: number): void {
    if (this.#observed >= 0) this.#advance(this.#observed + elapsed)
  }

  #advance(time: number): void {
    if (time <= this.#time) return
    this.#time = time
    this.#marks.set(this.#place, time)
  }
}
