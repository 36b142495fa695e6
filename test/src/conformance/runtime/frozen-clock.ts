/**
 * `Date.now` while scenarios run on the runtime: it stands still at 0 until it is advanced, as the wall clock of FORMAT.md does
 * (rule E1). Timers and `performance.now` go on.
 */
export class FrozenClock implements Disposable {
  readonly #real = Date.now
  #now = 0

  constructor() {
    Date.now = () => this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }

  [Symbol.dispose](): void {
    Date.now = this.#real
  }
}
