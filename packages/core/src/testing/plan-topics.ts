import { MillraceError } from '../errors.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { TopicSink } from '../plan/topic-sink.ts'
import type { TopicSource } from '../plan/topic-source.ts'
import type { TopologyPlan } from '../plan/topology-plan.ts'
import { bytes } from '../serde/index.ts'
import type { TestSerdes } from './topology-test-driver.ts'

/** The topic's real name: that of a feed or view is the plan's affair. */
export function topicName(plan: TopologyPlan, topic: string | TopicSource<Any, Any> | TopicSink<Any, Any>): string {
  if (typeof topic === 'string') return topic
  if (topic.topic !== undefined) return topic.topic
  const [name, known] = 'feed' in topic ? [topic.feed?.name, plan.feeds] : [viewName(topic), plan.views]
  return known.find((candidate) => candidate.name === name)?.topic ?? `${name} (of a connector)`
}

/** How the topology reads the topic. @throws {MillraceError} TOPIC_MISSING when it does not */
export function readSerdes(plan: TopologyPlan, topic: string): TestSerdes<Any, Any> {
  const read = new Map<string, TestSerdes<Any, Any>>()
  for (const node of plan.nodes.values()) if (node.kind === 'source') read.set(node.topic, node)
  for (const { source } of plan.globals) read.set(source.topic, source)
  const serdes = read.get(topic)
  if (serdes === undefined) throw unknownTopic(topic, 'reads', read.keys())
  return serdes
}

/**
 * How the topology writes the topic. One that no node names may be written by a `to` with a function.
 *
 * @throws {MillraceError} TOPIC_MISSING when nothing writes it
 */
export function writtenSerdes(plan: TopologyPlan, topic: string): TestSerdes<Any, Any> {
  const written = new Map<string, TestSerdes<Any, Any>>()
  for (const node of plan.nodes.values()) {
    if (node.kind === 'sink' || node.kind === 'repartition') written.set(node.topic, node)
    else if (node.kind !== 'source' && 'topic' in node) written.set(node.topic, readSerdes(plan, node.topic))
    else if (node.kind === 'source' && typeof node.onInvalid === 'object') written.set(node.onInvalid.deadLetter, RAW)
  }
  const chosen = [...plan.nodes.values()].find((node) => node.kind === 'dynamic-sink')
  const serdes = written.get(topic) ?? chosen
  if (serdes === undefined) throw unknownTopic(topic, 'writes', written.keys())
  return serdes
}

export function unknownTopic(topic: string, does: string, known: Iterable<string>): MillraceError {
  const list = [...known].sort().join(', ') || 'none'
  return new MillraceError('TOPIC_MISSING', `The topology ${does} no topic "${topic}". It ${does}: ${list}.`, {
    location: { topic },
  })
}

/** Dead letters are what could not be decoded. */
const RAW: TestSerdes<Any, Any> = { key: bytes(), value: bytes() }

function viewName(sink: TopicSource<Any, Any> | TopicSink<Any, Any>): string | undefined {
  return 'view' in sink ? sink.view?.name : undefined
}
