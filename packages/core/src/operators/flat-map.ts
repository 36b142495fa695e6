import type { Headers, Pending } from '@millrace/state-store'
import type { FlatMapNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `flatMap`: any number of records for one, each through all descendants before the next one is taken. */
export class FlatMap<K, V> extends RecordOperator<FlatMapNode, unknown, unknown> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    const mapped = node.mapper(value, key, this.record.enter(node.id, timestamp, headers))
    return this.#drain(mapped[Symbol.iterator](), timestamp, headers)
  }

  #drain(pairs: Iterator<readonly [unknown, unknown]>, timestamp: number, headers: Headers): Pending {
    for (;;) {
      // The user's generator runs in next(), after descendants have run.
      this.record.enter(this.node.id, timestamp, headers)
      const step = pairs.next()
      if (step.done === true) return
      const pending = this.next.process(step.value[0] ?? null, step.value[1] ?? null, timestamp, headers)
      if (pending !== undefined) return pending.then(() => this.#drain(pairs, timestamp, headers))
    }
  }
}
