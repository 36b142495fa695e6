import type { TopicPartition, TopicPartitionKey } from './log.ts'

/** `topic/partition`. Topic names cannot hold a slash, so this is unambiguous. */
export function topicPartitionKey(topic: string, partition: number): TopicPartitionKey {
  return `${topic}/${partition}`
}

export function parseTopicPartition(key: TopicPartitionKey): TopicPartition {
  const slash = key.lastIndexOf('/')
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
}

/** The first partitions of a topic, by number. */
export function partitionsOf(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}
