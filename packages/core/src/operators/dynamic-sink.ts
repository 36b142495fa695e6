import type { Headers, Pending } from '@millrace/state-store'
import type { DynamicSinkNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import type { OperatorScope } from './operator-scope.ts'
import { writeRecord } from './write-record.ts'

/** `to` with a function: each record names its topic. A topic that is new to the task is looked up in the log first. */
export class DynamicSink<K, V> implements StreamReceiver<K | null, V | null> {
  readonly #node: DynamicSinkNode
  readonly #scope: OperatorScope

  constructor(node: DynamicSinkNode, scope: OperatorScope) {
    this.#node = node
    this.#scope = scope
  }

  process(key: K | null, value: V | null, timestamp: number, headers: Headers): Pending {
    const { id, chooser } = this.#node
    const topic = chooser(value, key, this.#scope.record.enter(id, timestamp, headers))
    const pending = this.#scope.task.collector.lookUp(topic)
    const write = (): void => writeRecord(this.#node, this.#scope, topic, key, value, timestamp, headers)
    return pending === undefined ? write() : pending.then(write)
  }
}
