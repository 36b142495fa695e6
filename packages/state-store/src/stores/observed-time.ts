import type { EngineOperation, StateEngine } from '../engine/engine.ts'
import { observedKey } from '../layout/keys.ts'

/** How far back from the latest time a store looks, ms. */
export interface Retention {
  /** What all can see. */
  readonly retention: number
  /** How much longer entries are kept for those who ask for them. Default 0. */
  readonly linger?: number
}

/** The greatest time that was ever put to a store: retention counts from it. It is committed with what was put. */
export class ObservedTime {
  readonly #engineKey: Buffer
  readonly #retention: number
  readonly #kept: number
  /** -∞: nothing was ever put. */
  latest: number
  /** As of the last commit: nothing later is in the database. */
  committed: number
  /** Times up to here are out of retention. */
  horizon: number
  /** Times up to here are not even kept. */
  keptHorizon: number

  constructor(store: number, { retention, linger = 0 }: Retention, engine: StateEngine) {
    this.#engineKey = observedKey(store)
    this.#retention = retention
    this.#kept = retention + linger
    const text = engine.get(this.#engineKey)
    this.latest = text === undefined ? Number.NEGATIVE_INFINITY : Number(text.toString())
    this.committed = this.latest
    this.horizon = this.latest - this.#retention
    this.keptHorizon = this.latest - this.#kept
  }

  /** Times up to here are not kept by what is committed: what was there cannot come back. */
  get committedHorizon(): number {
    return this.committed - this.#kept
  }

  observe(time: number): void {
    if (time > this.latest) this.#set(time)
  }

  get hasUncommitted(): boolean {
    return this.latest !== this.committed
  }

  collect(batch: EngineOperation[]): void {
    if (this.hasUncommitted) batch.push({ type: 'put', key: this.#engineKey, value: String(this.latest) })
  }

  /** The batch is in the database. */
  applied(): void {
    this.committed = this.latest
  }

  discard(): void {
    this.#set(this.committed)
  }

  wiped(): void {
    this.committed = Number.NEGATIVE_INFINITY
    this.discard()
  }

  #set(time: number): void {
    this.latest = time
    this.horizon = time - this.#retention
    this.keptHorizon = time - this.#kept
  }
}
