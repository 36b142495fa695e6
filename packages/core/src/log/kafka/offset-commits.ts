import type { CommittedOffsets, GroupIdentity, OffsetCommit, TopicPartition, TopicPartitionKey } from '../log.ts'
import { parseTopicPartition, topicPartitionKey } from '../topic-partition.ts'
import type { Wire } from './connect/index.ts'
import { check, checkPartitions } from './errors.ts'
import { type OffsetToCommit, offsetCommitApi, offsetFetchApi } from './wire/index.ts'

/** Offsets as requests carry them. */
export function offsetList(
  offsets: ReadonlyMap<TopicPartitionKey, number>,
): readonly (TopicPartition & { readonly offset: number })[] {
  return Array.from(offsets, ([key, offset]) => ({ ...parseTopicPartition(key), offset }))
}

/** What a group commits, as requests carry it. */
export function offsetsToCommit({ offsets, metadata }: OffsetCommit): readonly OffsetToCommit[] {
  return Array.from(offsets, ([key, offset]) => ({ ...parseTopicPartition(key), offset, metadata: metadata?.get(key) ?? null }))
}

/**
 * Commits outside of a transaction (at-least-once).
 * @throws {BrokerError} NOT_A_MEMBER, REBALANCE_IN_PROGRESS or FENCED: the group went on without this generation
 */
export async function commitOffsets(wire: Wire, commit: OffsetCommit): Promise<void> {
  const { identity } = commit
  const request = { identity, offsets: offsetsToCommit(commit) }
  await wire.retry(`committing offsets of group ${identity.group}`, async () => {
    const outcome = await wire.sendToCoordinator('group', identity.group, offsetCommitApi, request)
    checkPartitions(outcome, `OffsetCommit of ${describe(identity)} for`)
  })
}

/**
 * Reads committed offsets, waiting for transactions that are about to change them (KIP-447). Partitions without one are absent.
 */
export async function fetchOffsets(wire: Wire, group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffsets> {
  if (partitions.length === 0) return { offsets: new Map(), metadata: new Map() }
  return await wire.retry(
    `reading committed offsets of group ${group}`,
    async () => {
      const response = await wire.sendToCoordinator('group', group, offsetFetchApi, { group, partitions })
      check(response.error, `OffsetFetch of group ${group}`)
      checkPartitions(response.partitions, `OffsetFetch of group ${group} for`)
      const committed = response.partitions.filter(({ offset }) => offset >= 0)
      const keyed = committed.map((each) => ({ ...each, key: topicPartitionKey(each.topic, each.partition) }))
      return {
        offsets: new Map(keyed.map(({ key, offset }) => [key, offset])),
        metadata: new Map(keyed.filter(({ metadata }) => metadata !== '').map(({ key, metadata }) => [key, metadata])),
      }
    },
    { pauseMs: [5, 200] },
  )
}

export function describe({ group, generation, memberId }: GroupIdentity): string {
  return `member ${memberId} of group ${group} at generation ${generation}`
}
