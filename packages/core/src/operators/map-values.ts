import type { Headers, Pending } from '@millrace/state-store'
import type { MapValuesNode } from '../plan/nodes/node.ts'
import type { CurrentRecord } from './current-record.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `mapValues` of a stream: a new value, the key stays. */
export class MapValues<K, V> implements StreamReceiver<K, V> {
  readonly #node: MapValuesNode
  readonly #record: CurrentRecord
  readonly #next: StreamReceiver<K, unknown>

  constructor(node: MapValuesNode, scope: OperatorScope, next: StreamReceiver<K, unknown>) {
    this.#node = node
    this.#record = scope.record
    this.#next = next
  }

  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const node = this.#node
    const mapped = node.mapper(value, key, this.#record.enter(node.id, timestamp, headers))
    return this.#next.process(key, mapped ?? null, timestamp, headers)
  }
}
