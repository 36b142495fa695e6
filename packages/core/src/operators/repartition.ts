import type { Headers, Pending } from '@millrace/state-store'
import type { RepartitionNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { writeRecord } from './write-record.ts'

/** Writes a stream to its internal topic, by key. */
export class Repartition<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: RepartitionNode
  readonly #scope: OperatorScope

  constructor(node: RepartitionNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { id, topic, dropNullKeys } = this.#node
    if (key === null && dropNullKeys) return this.#scope.task.dropped(id, 'null-key')
    this.#scope.record.enter(id, timestamp, headers)
    writeRecord(this.#node, this.#scope, topic, key, value, timestamp, headers)
  }
}
