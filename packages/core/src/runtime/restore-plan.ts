import type { Checkpoint } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { TopicPartitionKey } from '../log/log.ts'
import { topicPartitionKey } from '../log/topic-partition.ts'
import type { ChangelogSpec, StreamTaskSpec } from './task-spec.ts'

/** Offsets that the log has for the partitions of a task. */
export interface LogOffsets {
  /** Of the changelogs: first offset still there, and the high watermark. */
  readonly beginning: ReadonlyMap<TopicPartitionKey, number>
  readonly end: ReadonlyMap<TopicPartitionKey, number>
  /** Of the inputs: what the group has committed. */
  readonly committed: ReadonlyMap<TopicPartitionKey, number>
}

/** One changelog partition to be replayed into its store. */
export interface ChangelogReplay extends ChangelogSpec {
  readonly key: TopicPartitionKey
  readonly from: number
  readonly to: number
}

/** What must happen before a task can run. */
export interface RestorePlan {
  /** Why the local state is useless and must be wiped first; absent: it is kept. */
  readonly wipe?: string
  readonly replays: readonly ChangelogReplay[]
}

/**
 * Compares the state's checkpoint with the log.
 *
 * Under at-least-once, when the checkpoint is at the group's committed offsets, what the changelog has beyond it was written
 * by a process that crashed before it could commit, and will be written again: it is left out, so that state is exact even
 * then.
 *
 * @throws {MillraceError} STATE_LOST when the state must be rebuilt, but its changelog is empty; when the state says how far the
 *   input was processed, but the group has forgotten it
 */
export function planRestore(
  spec: StreamTaskSpec,
  checkpoint: Checkpoint | null,
  offsets: LogOffsets,
  guarantee: 'exactly-once' | 'at-least-once',
): RestorePlan {
  if (guarantee === 'exactly-once') refuseIfForgotten(spec, checkpoint, offsets)
  const stale = spec.changelogs.find((changelog) => mismatch(changelog, checkpoint, offsets) !== undefined)
  if (stale !== undefined) {
    const wipe = mismatch(stale, checkpoint, offsets) as string
    refuseIfEmpty(spec, checkpoint, offsets, wipe)
    return { wipe, replays: spec.changelogs.map((changelog) => replay(changelog, undefined, offsets)) }
  }
  const current = guarantee === 'at-least-once' && checkpoint !== null && isCurrent(spec, checkpoint, offsets)
  return {
    replays: spec.changelogs.map((changelog) => {
      const at = restoredTo(changelog, checkpoint)
      const planned = replay(changelog, at, offsets)
      return current && at !== undefined ? { ...planned, to: planned.from } : planned
    }),
  }
}

/** Replays of everything that the changelogs have, into an empty state. */
export function planRebuild(spec: StreamTaskSpec, offsets: LogOffsets): readonly ChangelogReplay[] {
  return spec.changelogs.map((changelog) => replay(changelog, undefined, offsets))
}

function replay(changelog: ChangelogSpec, checkpoint: number | undefined, offsets: LogOffsets): ChangelogReplay {
  const key = keyOf(changelog)
  // What an input has beyond the committed offset is still to be processed.
  const to = (changelog.isInput ? offsets.committed : offsets.end).get(key) ?? 0
  return { ...changelog, key, from: checkpoint ?? offsets.beginning.get(key) ?? 0, to }
}

function mismatch(changelog: ChangelogSpec, checkpoint: Checkpoint | null, offsets: LogOffsets): string | undefined {
  const key = keyOf(changelog)
  const at = restoredTo(changelog, checkpoint)
  if (at === undefined) return undefined
  const end = offsets.end.get(key) ?? 0
  const beginning = offsets.beginning.get(key) ?? 0
  if (at > end) return `store "${changelog.store}" is at offset ${at} of its changelog ${key}, which ends at ${end}`
  if (at < beginning) {
    return `store "${changelog.store}" is at offset ${at} of its changelog ${key}, which begins at ${beginning} by now`
  }
  return undefined
}

function refuseIfEmpty(spec: StreamTaskSpec, checkpoint: Checkpoint | null, offsets: LogOffsets, why: string): void {
  const empty = spec.changelogs.find((changelog) => {
    const key = keyOf(changelog)
    const had = restoredTo(changelog, checkpoint) ?? 0
    return had > 0 && (offsets.end.get(key) ?? 0) === 0
  })
  if (empty === undefined) return
  throw new MillraceError(
    'STATE_LOST',
    `The state of task ${spec.id} cannot be rebuilt: ${why}, and that topic is empty (was it deleted and created anew?). ` +
      'Bring the topic back, or start over: delete the state folder, the internal topics and the group of this application.',
    { location: { task: spec.id, store: empty.store, topic: empty.topic, partition: empty.partition } },
  )
}

/** The next offset of the changelog that the local state has not; undefined: it has nothing. */
function restoredTo(changelog: ChangelogSpec, checkpoint: Checkpoint | null): number | undefined {
  return changelog.inMemory ? undefined : checkpoint?.changelogs[keyOf(changelog)]
}

/**
 * Offsets are committed with the state that they belong to, or before it. Where there are none any more, starting from the
 * beginning would count everything once more.
 */
function refuseIfForgotten(spec: StreamTaskSpec, checkpoint: Checkpoint | null, offsets: LogOffsets): void {
  for (const { topic, partition } of spec.inputs) {
    const key = topicPartitionKey(topic, partition)
    const at = checkpoint?.inputs[key] ?? 0
    if (at === 0 || offsets.committed.has(key)) continue
    throw new MillraceError(
      'STATE_LOST',
      `The group has no offset for ${key} any more, though the state of task ${spec.id} was last written at offset ${at} of it: brokers forget ` +
        'the offsets of a group that was away for longer than offsets.retention.minutes (7 days), and of topics that were deleted. ' +
        `Set it again (kafka-consumer-groups.sh --reset-offsets --to-offset ${at} --topic ${topic}:${partition}; nothing is lost or doubled if ` +
        'the app was stopped in order), or start over: delete the state folder, the internal topics and the group of this application.',
      { location: { task: spec.id, topic, partition, offset: at } },
    )
  }
}

function isCurrent(spec: StreamTaskSpec, checkpoint: Checkpoint, offsets: LogOffsets): boolean {
  return spec.inputs.every(({ topic, partition }) => {
    const key = topicPartitionKey(topic, partition)
    const at = checkpoint.inputs[key]
    return at !== undefined && (offsets.committed.get(key) ?? 0) <= at
  })
}

function keyOf(changelog: ChangelogSpec): TopicPartitionKey {
  return topicPartitionKey(changelog.topic, changelog.partition)
}
