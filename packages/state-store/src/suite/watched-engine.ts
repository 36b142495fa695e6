import type { EngineOperation, StateEngine } from '../engine/engine.ts'

/** An engine that counts and, if asked, fails. */
export class WatchedEngine implements StateEngine {
  readonly #engine: StateEngine
  readonly name: string
  readonly location: string
  readonly batches: (readonly EngineOperation[])[] = []
  reads = 0
  isOpen = false
  failure: Error | undefined
  clearFailure: Error | undefined

  constructor(engine: StateEngine) {
    this.#engine = engine
    this.name = engine.name
    this.location = engine.location
  }

  async open(): Promise<void> {
    await this.#engine.open()
    this.isOpen = true
  }

  get(key: Uint8Array): ReturnType<StateEngine['get']> {
    this.reads++
    return this.#engine.get(key)
  }

  cursor(range: Parameters<StateEngine['cursor']>[0]): ReturnType<StateEngine['cursor']> {
    return this.#engine.cursor(range)
  }

  async write(operations: readonly EngineOperation[], options?: Parameters<StateEngine['write']>[1]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.batches.push(operations)
    await this.#engine.write(operations, options)
  }

  async clear(range: Parameters<StateEngine['clear']>[0]): Promise<void> {
    if (this.clearFailure !== undefined) throw this.clearFailure
    await this.#engine.clear(range)
  }

  compact(range: Parameters<StateEngine['compact']>[0]): Promise<void> {
    return this.#engine.compact(range)
  }

  async close(): Promise<void> {
    await this.#engine.close()
    this.isOpen = false
  }
}
