import type { Headers, Pending } from '@millrace/state-store'
import type { FilterNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `filter` and `filterNot` of a stream: passes the record on as it is, or not at all. */
export class Filter<K, V> extends RecordOperator<FilterNode, K, V> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    const passes = node.predicate(value, key, this.record.enter(node.id, timestamp, headers))
    // Truthiness, as in Array.filter: `!passes` also turns what is no boolean into one.
    if (!passes === node.negate) return this.next.process(key, value, timestamp, headers)
  }
}
