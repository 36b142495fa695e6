import type { Headers, Pending } from '@millrace/state-store'
import type { FlatMapValuesNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `flatMapValues`: any number of values for one, the key stays. */
export class FlatMapValues<K, V> extends RecordOperator<FlatMapValuesNode, K, unknown> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    const mapped = node.mapper(value, key, this.record.enter(node.id, timestamp, headers))
    return this.#drain(mapped[Symbol.iterator](), key, timestamp, headers)
  }

  #drain(values: Iterator<unknown>, key: K, timestamp: number, headers: Headers): Pending {
    for (;;) {
      // The user's generator runs in next(), after descendants have run.
      this.record.enter(this.node.id, timestamp, headers)
      const step = values.next()
      if (step.done === true) return
      const pending = this.next.process(key, step.value ?? null, timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.#drain(values, key, timestamp, headers))
    }
  }
}
