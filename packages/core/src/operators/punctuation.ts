import type { Pending } from '@millrace/state-store'
import type { Cancellable } from '../plan/processor.ts'

/** Calls a punctuator; guards what it throws. */
export type PunctuatorCall = (now: number) => Pending

interface Schedule {
  readonly interval: number
  readonly call: PunctuatorCall
  due: number
  cancelled: boolean
}

/**
 * The punctuators of a task by one kind of time, the next one first. One that is due is called once with the time that it
 * is now, whatever it has missed; after that it is due at its start plus the smallest multiple of its interval that is later
 * than now (Kafka Streams' PunctuationQueue).
 */
export class PunctuationQueue {
  /** By due time; of those due at one time, the first one scheduled comes first. */
  readonly #schedules: Schedule[] = []

  /** When somebody is due; Infinity: never. */
  get nextDue(): number {
    return this.#schedules[0]?.due ?? Number.POSITIVE_INFINITY
  }

  add(due: number, interval: number, call: PunctuatorCall): Cancellable {
    const schedule: Schedule = { interval, call, due, cancelled: false }
    this.#insert(schedule)
    return {
      cancel: () => {
        schedule.cancelled = true
        const index = this.#schedules.indexOf(schedule)
        if (index >= 0) this.#schedules.splice(index, 1)
      },
    }
  }

  /** Calls what is due. */
  run(now: number): Pending {
    while (this.nextDue <= now) {
      const schedule = this.#schedules.shift() as Schedule
      const pending = schedule.call(now)
      if (pending !== undefined) {
        return pending.then(() => {
          this.#again(schedule, now)
          return this.run(now)
        })
      }
      this.#again(schedule, now)
    }
  }

  #again(schedule: Schedule, now: number): void {
    if (schedule.cancelled) return
    schedule.due = firstAfter(schedule.due, schedule.interval, now)
    this.#insert(schedule)
  }

  #insert(schedule: Schedule): void {
    const index = this.#schedules.findIndex(({ due }) => due > schedule.due)
    this.#schedules.splice(index < 0 ? this.#schedules.length : index, 0, schedule)
  }
}

/** The smallest `start + i × interval` that is greater than `time`, or `start` when that is. */
export function firstAfter(start: number, interval: number, time: number): number {
  return start > time ? start : start + (Math.floor((time - start) / interval) + 1) * interval
}
