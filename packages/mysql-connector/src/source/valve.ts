/** What a valve opens and shuts. */
export interface Flowing {
  pause(): void
  resume(): void
}

/** Lets a stream flow while nobody holds it. */
export class Valve {
  #stream: Flowing | undefined
  readonly #holders = new Set<string>()

  attach(stream: Flowing): void {
    this.#stream = stream
    if (this.#holders.size > 0) stream.pause()
  }

  hold(holder: string): void {
    this.#holders.add(holder)
    this.#stream?.pause()
  }

  release(holder: string): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#stream?.resume()
  }
}
