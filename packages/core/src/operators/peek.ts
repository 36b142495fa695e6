import type { Headers, Pending } from '@millrace/state-store'
import type { PeekNode } from '../plan/nodes/node.ts'
import type { CurrentRecord } from './current-record.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `peek`: shows each record to the user and passes it on. */
export class Peek<K, V> implements StreamReceiver<K, V> {
  readonly #node: PeekNode
  readonly #record: CurrentRecord
  readonly #next: StreamReceiver<K, V>

  constructor(node: PeekNode, scope: OperatorScope, next: StreamReceiver<K, V>) {
    this.#node = node
    this.#record = scope.record
    this.#next = next
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const node = this.#node
    node.action(value, key, this.#record.enter(node.id, timestamp, headers))
    return this.#next.process(key, value, timestamp, headers)
  }
}
