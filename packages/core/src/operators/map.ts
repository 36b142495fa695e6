import type { Headers, Pending } from '@millrace/state-store'
import type { MapNode } from '../plan/nodes/node.ts'
import type { CurrentRecord } from './current-record.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `map`: a new key and a new value. */
export class MapRecord<K, V> implements StreamReceiver<K, V> {
  readonly #node: MapNode
  readonly #record: CurrentRecord
  readonly #next: StreamReceiver<unknown, unknown>

  constructor(node: MapNode, scope: OperatorScope, next: StreamReceiver<unknown, unknown>) {
    this.#node = node
    this.#record = scope.record
    this.#next = next
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const node = this.#node
    const mapped = node.mapper(value, key, this.#record.enter(node.id, timestamp, headers))
    return this.#next.process(mapped[0] ?? null, mapped[1] ?? null, timestamp, headers)
  }
}
