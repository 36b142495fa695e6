import type { Headers, Pending } from '@millrace/state-store'
import type { SelectKeyNode } from '../plan/nodes/node.ts'
import type { CurrentRecord } from './current-record.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `selectKey`, and the key of `groupBy`: a new key, the value stays. */
export class SelectKey<K, V> implements StreamReceiver<K, V> {
  readonly #node: SelectKeyNode
  readonly #record: CurrentRecord
  readonly #next: StreamReceiver<unknown, V>

  constructor(node: SelectKeyNode, scope: OperatorScope, next: StreamReceiver<unknown, V>) {
    this.#node = node
    this.#record = scope.record
    this.#next = next
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const node = this.#node
    const selected = node.selector(value, key, this.#record.enter(node.id, timestamp, headers))
    return this.#next.process(selected ?? null, value, timestamp, headers)
  }
}
