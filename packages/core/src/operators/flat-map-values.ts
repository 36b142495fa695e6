import type { Headers, Pending } from '@millrace/state-store'
import type { FlatMapValuesNode } from '../plan/nodes/node.ts'
import type { CurrentRecord } from './current-record.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `flatMapValues`: any number of values for one, the key stays. */
export class FlatMapValues<K, V> implements StreamReceiver<K, V> {
  readonly #node: FlatMapValuesNode
  readonly #record: CurrentRecord
  readonly #next: StreamReceiver<K, unknown>

  constructor(node: FlatMapValuesNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#record = scope.record
    this.#next = next
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const node = this.#node
    const mapped = node.mapper(value, key, this.#record.enter(node.id, timestamp, headers))
    return this.#drain(mapped[Symbol.iterator](), key, timestamp, headers)
  }

  #drain(values: Iterator<unknown>, key: K, timestamp: number, headers: Headers): Pending {
    for (;;) {
      // The user's generator runs in next(), after descendants have run.
      this.#record.enter(this.#node.id, timestamp, headers)
      const step = values.next()
      if (step.done === true) return
      const pending = this.#next.process(key, step.value ?? null, timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.#drain(values, key, timestamp, headers))
    }
  }
}
