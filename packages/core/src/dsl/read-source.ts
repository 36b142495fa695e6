import { parseDuration } from '../duration.ts'
import type { GraphSource } from '../plan/graph/index.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { TopicSource } from '../plan/topic-source.ts'

/** What a source's node says of how it is read, defaults included. */
export function readingOf(source: TopicSource<Any, Any>): Omit<GraphSource, 'id' | 'parents' | 'kind' | 'as' | 'store'> {
  const { topic, feed, key, value, timestamp, idleAfter, startFrom = 'earliest', onInvalid = 'stop' } = source
  const { tombstones = feed === undefined ? 'pass' : 'skip' } = source
  return {
    key,
    value,
    startFrom,
    onInvalid,
    skipTombstones: tombstones === 'skip',
    ...(topic !== undefined && { topic }),
    ...(timestamp !== undefined && { timestamp }),
    ...(idleAfter !== undefined && { idleAfter: parseDuration(idleAfter, `${topic ?? feed?.name ?? 'source'}: idleAfter`) }),
    ...(feed !== undefined && { feed }),
    ...(source.feed !== undefined && source.partitions !== undefined && { partitions: source.partitions }),
    ...(source.feed !== undefined &&
      source.retention !== undefined && { retention: parseDuration(source.retention, `${source.feed.name}: retention`) }),
  }
}
