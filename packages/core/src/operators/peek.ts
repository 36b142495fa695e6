import type { Headers, Pending } from '@millrace/state-store'
import type { PeekNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `peek`: shows each record to the user and passes it on. */
export class Peek<K, V> extends RecordOperator<PeekNode, K, V> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    node.action(value, key, this.record.enter(node.id, timestamp, headers))
    return this.next.process(key, value, timestamp, headers)
  }
}
