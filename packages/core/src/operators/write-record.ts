import type { Headers } from '@millrace/state-store'
import type { WritingNode } from '../plan/nodes/node.ts'
import type { OperatorScope } from './operator-scope.ts'

/**
 * Encodes a record as its node says and sends it: to one partition, or to several.
 *
 * @throws {RangeError} when the user's timestamp function gave no time
 */
export function writeRecord<K, V>(
  node: WritingNode,
  scope: OperatorScope,
  topic: string,
  key: K | null,
  value: V | null,
  timestamp: number,
  headers: Headers,
): void {
  const { collector } = scope.task
  const at = node.timestamp === undefined ? timestamp : eventTime(node.timestamp(value, key, scope.record))
  const keyBytes = key === null ? null : node.key.encode(key)
  const valueBytes = value === null ? null : node.value.encode(value)
  const partitions = node.partitioner?.(key, value, collector.partitions(topic))
  if (partitions === undefined || typeof partitions === 'number') {
    collector.send(topic, keyBytes, valueBytes, at, headers, partitions)
  } else {
    for (const partition of new Set(partitions)) collector.send(topic, keyBytes, valueBytes, at, headers, partition)
  }
}

/** @throws {RangeError} for what is no event time. */
export function eventTime(timestamp: number): number {
  if (timestamp >= 0) return Math.trunc(timestamp)
  throw new RangeError(`The timestamp ${timestamp} is no event time: those are ms since the epoch, 0 or more`)
}
