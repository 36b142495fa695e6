import { sleep } from '../connect/index.ts'
import type { TopicPartition, TopicPartitionKey } from '../log/log.ts'
import { partitionsOf, topicPartitionKey } from '../log/topic-partition.ts'
import type { OpenApp } from './open-app.ts'

/** Between two looks, ms: little at first, for an app that has little to do; each wait is twice the last. */
const FIRST_WAIT_MS = 1
const LONGEST_WAIT_MS = 25

export interface CaughtUpOptions extends Pick<OpenApp, 'log' | 'plan' | 'partitions'> {
  /** Called before each look: what is processed may be committed at once. */
  readonly commitSoon: () => void
  readonly signal: AbortSignal
}

/**
 * Resolves when the group has processed and committed all that the topics held at the call, through every sub-topology and
 * into the views: what one pass writes to internal topics, the next one waits for. Also resolves when the signal aborts.
 */
export async function groupCaughtUp(options: CaughtUpOptions): Promise<void> {
  const { plan, log, partitions, signal } = options
  const topics = [...plan.subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...plan.views.map(({ topic }) => topic)]
  const inputs = [...new Set(topics)].flatMap((topic) => partitionsOf(topic, partitions.get(topic) ?? 0))
  for (let pass = 0; pass <= plan.subtopologies.length && !signal.aborted; pass++) {
    const ends = await log.admin.endOffsets(inputs)
    for (let wait = FIRST_WAIT_MS; !signal.aborted && !(await reached(options, inputs, ends)); wait = longer(wait)) {
      options.commitSoon()
      await sleep(wait, signal)
    }
  }
}

function longer(wait: number): number {
  return Math.min(2 * wait, LONGEST_WAIT_MS)
}

async function reached(
  { log, plan }: CaughtUpOptions,
  inputs: readonly TopicPartition[],
  ends: ReadonlyMap<TopicPartitionKey, number>,
): Promise<boolean> {
  const { offsets: committed } = await log.admin.committedOffsets(plan.app, inputs)
  return inputs.every(({ topic, partition }) => {
    const key = topicPartitionKey(topic, partition)
    return (committed.get(key) ?? 0) >= (ends.get(key) ?? 0)
  })
}
