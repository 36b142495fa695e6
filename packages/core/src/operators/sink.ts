import type { Headers, Pending } from '@millrace/state-store'
import type { SinkNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** `to`: writes a stream to a topic, whether users, other topologies or a sink connector read it. */
export class Sink<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: SinkNode
  readonly #scope: OperatorScope

  constructor(node: SinkNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { topic, key: keySerde, value: valueSerde, partitioner, id } = this.#node
    const { collector } = this.#scope.task
    this.#scope.record.enter(id, timestamp, headers)
    const keyBytes = key === null ? null : keySerde.encode(key)
    const valueBytes = value === null ? null : valueSerde.encode(value)
    const partition = partitioner?.(key, value, collector.partitions(topic))
    collector.send(topic, keyBytes, valueBytes, timestamp, headers, partition)
  }
}
