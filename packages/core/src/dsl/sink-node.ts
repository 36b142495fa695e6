import type { NewNode } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import type { Serde } from '../serde/index.ts'
import type { ToOptions, TopicChooser } from './write-options.ts'

/** The node that writes to a topic, a view, or the topic that a function names. */
export function sinkNode(
  target: string | TopicSink<Any, Any> | TopicChooser<Any, Any>,
  options: Pick<ToOptions<Any, Any>, 'value' | 'partitioner' | 'timestamp'>,
  key: Serde<Any>,
  value: Serde<Any>,
): NewNode {
  const { partitioner, timestamp } = options
  const writing = {
    key,
    value: options.value ?? (typeof target === 'object' ? target.value : undefined) ?? value,
    ...(partitioner !== undefined && { partitioner }),
    ...(timestamp !== undefined && { timestamp }),
  }
  if (typeof target === 'function') return { kind: 'dynamic-sink', chooser: target, ...writing }
  if (typeof target === 'string') return { kind: 'sink', topic: target, ...writing }
  const { topic, view } = target
  return { kind: 'sink', ...(topic !== undefined && { topic }), ...(view !== undefined && { view }), ...writing }
}
