import type { Headers, Pending } from '@millrace/state-store'
import type { SinkNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { writeRecord } from './write-record.ts'

/** `to`: writes a stream to a topic, whether users, other topologies or a sink connector read it. */
export class Sink<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: SinkNode
  readonly #scope: OperatorScope

  constructor(node: SinkNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    this.#scope.record.enter(this.#node.id, timestamp, headers)
    writeRecord(this.#node, this.#scope, this.#node.topic, key, value, timestamp, headers)
  }
}
