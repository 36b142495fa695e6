import type { Headers, Pending } from '@millrace/state-store'
import type { SelectKeyNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `selectKey`, and the key of `groupBy`: a new key, the value stays. */
export class SelectKey<K, V> extends RecordOperator<SelectKeyNode, unknown, V> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    const selected = node.selector(value, key, this.record.enter(node.id, timestamp, headers))
    return this.next.process(selected ?? null, value, timestamp, headers)
  }
}
