import type { Headers, Pending } from '@millrace/state-store'
import type { StreamReceiver, TableReceiver } from './operator.ts'

// Children are called in the order of their creation, each one's descendants before the next. When one returns a promise,
// the rest waits for it, which keeps that order.

/** One receiver for all children of a stream: the child itself when there is only one. */
export function fanOutStream<K, V>(children: readonly StreamReceiver<K, V>[]): StreamReceiver<K, V> {
  const [only] = children
  return children.length === 1 && only !== undefined ? only : new StreamFanOut(children)
}

/** One receiver for all children of a table: the child itself when there is only one. */
export function fanOutTable<K, V>(children: readonly TableReceiver<K, V>[]): TableReceiver<K, V> {
  const [only] = children
  return children.length === 1 && only !== undefined ? only : new TableFanOut(children)
}

class StreamFanOut<K, V> implements StreamReceiver<K, V> {
  readonly #children: readonly StreamReceiver<K, V>[]

  constructor(children: readonly StreamReceiver<K, V>[]) {
    this.#children = children
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    return this.#from(0, key, value, timestamp, headers)
  }

  #from(first: number, key: K, value: V, timestamp: number, headers: Headers): Pending {
    for (let i = first; i < this.#children.length; i++) {
      const pending = this.#children[i]?.process(key, value, timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.#from(i + 1, key, value, timestamp, headers))
    }
  }
}

class TableFanOut<K, V> implements TableReceiver<K, V> {
  readonly #children: readonly TableReceiver<K, V>[]

  constructor(children: readonly TableReceiver<K, V>[]) {
    this.#children = children
  }

  change(key: K, next: V | null, previous: V | null, timestamp: number, headers: Headers, outdated?: boolean): Pending {
    return this.#from(0, key, next, previous, timestamp, headers, outdated)
  }

  #from(
    first: number,
    key: K,
    next: V | null,
    previous: V | null,
    timestamp: number,
    headers: Headers,
    outdated: boolean | undefined,
  ): Pending {
    for (let i = first; i < this.#children.length; i++) {
      const pending = this.#children[i]?.change(key, next, previous, timestamp, headers, outdated)
      if (pending !== undefined) return pending.then(() => this.#from(i + 1, key, next, previous, timestamp, headers, outdated))
    }
  }
}
