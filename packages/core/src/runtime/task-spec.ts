import type { ViewPlan } from '../connect/index.ts'
import type { TopicPartition } from '../log/log.ts'
import type { Subtopology, TopologyPlan } from '../plan/index.ts'
import { tasksOf } from '../plan/resolve-partitions.ts'

/** One partition's share of a sub-topology, with its stores. */
export interface StreamTaskSpec {
  readonly kind: 'stream'
  readonly id: string
  readonly subtopology: Subtopology
  readonly partition: number
  /** What it reads: its partition of each source topic that has so many. */
  readonly inputs: readonly TopicPartition[]
  /** Empty: the task has no state to restore. */
  readonly changelogs: readonly ChangelogSpec[]
}

/** A store of a task and the partition that its changes are written to. */
export interface ChangelogSpec extends TopicPartition {
  readonly store: string
  /** True for stores in memory: at each start they are empty, and restored from the beginning. */
  readonly inMemory: boolean
  /** True: the topic is an input of the task, which has the table's changes as far as they were processed. */
  readonly isInput: boolean
}

/** All feeds of one connector. */
export interface SourceTaskSpec {
  readonly kind: 'source'
  readonly id: string
  readonly connector: string
}

/** One partition of a view's topic. */
export interface SinkTaskSpec {
  readonly kind: 'sink'
  readonly id: string
  readonly view: ViewPlan
  readonly partition: number
}

/** A unit of work that exactly one member of the group owns. */
export type TaskSpec = StreamTaskSpec | SourceTaskSpec | SinkTaskSpec

/** Tasks of one group are alike, and are spread evenly over the members. */
export interface TaskGroup {
  readonly name: string
  readonly tasks: readonly TaskSpec[]
}

/**
 * All tasks of a topology, by group, in a stable order. Every member computes the same list from the plan and the topics'
 * partition counts; only ids travel through the group protocol.
 */
export function listTasks(plan: TopologyPlan, partitions: ReadonlyMap<string, number>): readonly TaskGroup[] {
  const groups: TaskGroup[] = plan.subtopologies.map((subtopology) => ({
    name: subtopology.name,
    tasks: upTo(tasksOf(subtopology, partitions), (partition): TaskSpec => streamTask(plan, subtopology, partition, partitions)),
  }))
  for (const view of plan.views) {
    groups.push({
      name: `sink:${view.topic}`,
      tasks: upTo(
        countOf(partitions, view.topic),
        (partition): TaskSpec => ({ kind: 'sink', id: `sink:${view.topic}_${partition}`, view, partition }),
      ),
    })
  }
  const connectors = [...new Set(plan.feeds.map((feed) => feed.connector.name))]
  groups.push({
    name: 'source',
    tasks: connectors.map((connector): TaskSpec => ({ kind: 'source', id: `source:${connector}`, connector })),
  })
  return groups
}

function streamTask(
  plan: TopologyPlan,
  subtopology: Subtopology,
  partition: number,
  partitions: ReadonlyMap<string, number>,
): StreamTaskSpec {
  return {
    kind: 'stream',
    id: `${subtopology.name}_${partition}`,
    subtopology,
    partition,
    inputs: subtopology.sourceTopics
      .filter((topic) => partition < countOf(partitions, topic))
      .map((topic) => ({ topic, partition })),
    changelogs: subtopology.stores.flatMap((store) => {
      const { changelogTopic, sourceTopic, definition } = plan.stores.get(store) ?? {}
      const topic = changelogTopic ?? sourceTopic
      if (topic === undefined) return []
      return [{ store, topic, partition, inMemory: definition?.storage === 'memory', isInput: topic === sourceTopic }]
    }),
  }
}

function countOf(partitions: ReadonlyMap<string, number>, topic: string): number {
  return partitions.get(topic) ?? 0
}

function upTo<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
