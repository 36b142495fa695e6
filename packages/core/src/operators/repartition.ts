import type { Headers, Pending } from '@millrace/state-store'
import type { RepartitionNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'

/** Writes a stream to its internal topic, by key. */
export class Repartition<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: RepartitionNode
  readonly #scope: OperatorScope

  constructor(node: RepartitionNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const node = this.#node
    const { task, record } = this.#scope
    if (key === null && node.dropNullKeys) return task.dropped(node.id, 'null-key')
    record.enter(node.id, timestamp, headers)
    const keyBytes = key === null ? null : node.key.encode(key)
    const valueBytes = value === null ? null : node.value.encode(value)
    const { collector } = task
    const partition = node.partitioner?.(key, value, collector.partitions(node.topic)) as number | undefined
    collector.send(node.topic, keyBytes, valueBytes, timestamp, headers, partition)
  }
}
