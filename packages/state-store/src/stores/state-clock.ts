/** The time that entries live by; the task's state sets where it comes from. */
export interface StateClock {
  now: () => number
}
