/**
 * The values of one side of a join that its last results were made with, where that is not what the side has passed on last:
 * a cached table has been looked into before it passed its change on, or passed one on that nothing came of.
 */
export class SentWith<K, V> {
  readonly #identity: (key: K) => unknown
  readonly #values = new Map<unknown, V | null>()

  constructor(identity: (key: K) => unknown) {
    this.#identity = identity
  }

  /** `otherwise` when it is what the side has passed on. */
  get(key: K, otherwise: V | null): V | null {
    if (this.#values.size === 0) return otherwise
    const found = this.#values.get(this.#identity(key))
    return found === undefined ? otherwise : found
  }

  set(key: K, value: V | null): void {
    this.#values.set(this.#identity(key), value)
  }

  delete(key: K): void {
    if (this.#values.size > 0) this.#values.delete(this.#identity(key))
  }
}
