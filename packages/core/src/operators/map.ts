import type { Headers, Pending } from '@millrace/state-store'
import type { MapNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `map`: a new key and a new value. */
export class MapRecord<K, V> extends RecordOperator<MapNode, unknown, unknown> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    const mapped = node.mapper(value, key, this.record.enter(node.id, timestamp, headers))
    return this.next.process(mapped[0] ?? null, mapped[1] ?? null, timestamp, headers)
  }
}
