import type { Headers, Pending } from '@millrace/state-store'
import type { MapValuesNode } from '../plan/nodes/node.ts'
import type { StreamReceiver } from './operator.ts'
import { RecordOperator } from './record-operator.ts'

/** `mapValues` of a stream: a new value, the key stays. */
export class MapValues<K, V> extends RecordOperator<MapValuesNode, K, unknown> implements StreamReceiver<K, V> {
  process(key: K, value: V, timestamp: number, headers: Headers): Pending {
    const { node } = this
    const mapped = node.mapper(value, key, this.record.enter(node.id, timestamp, headers))
    return this.next.process(key, mapped ?? null, timestamp, headers)
  }
}
