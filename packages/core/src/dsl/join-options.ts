import { type Duration, parseDuration, parseSignedDuration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import { historyOf, type StreamSerdes } from '../plan/graph/index.ts'
import type { JoinMode, JoinWindowPlan } from '../plan/nodes/join-nodes.ts'
import type { Any } from '../plan/nodes/node.ts'
import type { SerdeFor } from '../serde/serde.ts'
import { checkSameTopology, keySerdeOf, type NodeHandle } from './node-handle.ts'
import type { TableStoreOptions, ValueOptions } from './operator-options.ts'
import type { TypeProblem } from './type-problem.ts'

/** How far apart records of two streams may be. */
export interface JoinDistance {
  /** How much older than the left record the right one may be. Negative: how much newer it must be. */
  readonly before: Duration
  /** How much newer than the left record the right one may be. Negative: how much older it must be. */
  readonly after: Duration
}

/** How two streams are joined. */
export interface StreamJoinOptions<V> extends ValueOptions<V> {
  /** How far apart in time the two records may be: the same in both directions, or for each. */
  readonly within: Duration | JoinDistance
  /** How much later than others a record may come and still be joined. Default 0. */
  readonly grace?: Duration
  /** Names the join's stores and topics: `<as>-left`, `<as>-right`, `<as>-unmatched`. */
  readonly as?: string
  /** False: no changelogs. What waits for its counterpart is lost with the folder that holds it. Default true. */
  readonly logging?: boolean
}

/** How a stream is joined with a table. */
export interface StreamTableJoinOptions<V> extends ValueOptions<V> {
  /**
   * Versioned tables only: records of the stream wait so long (in event time) before they look into the table, so that the
   * version of their own time is there even when the table is behind.
   */
  readonly grace?: Duration
  /** Names the topic that the stream goes through when its key was changed, and the store of records that wait. */
  readonly as?: string
  /** False: no changelog for records that wait. Default true. */
  readonly logging?: boolean
}

/** How a stream is joined with a global table. */
export interface GlobalJoinOptions<K, V, GK, R> extends ValueOptions<R> {
  /** The key to look under. null finds nothing. */
  readonly on: (value: V, key: K) => GK | null | undefined
}

/** How tables are joined by foreign key. */
export interface ForeignKeyJoinOptions<K, V, FK, R> extends TableStoreOptions<R> {
  /** The key of the other table that a row names. null: it names none. */
  readonly on: (value: V, key: K) => FK | null | undefined
}

/** Refuses joins of different keys. */
export type JoinKeys<K, Other> = [NonNullable<K>, NonNullable<Other>] extends [NonNullable<Other>, NonNullable<K>]
  ? unknown
  : TypeProblem<'join: the keys of both sides must be of one type. Change one of them with selectKey before, or join a table by foreign key: { on: … }'>

/** What joins are called in paths and messages. */
export const JOIN_NAMES: Readonly<Record<JoinMode, string>> = { inner: 'join', left: 'left-join', outer: 'outer-join' }

/** @throws {MillraceError} TOPOLOGY_INVALID */
export function joinWindow(
  join: string,
  { within, grace = 0 }: Pick<StreamJoinOptions<never>, 'within' | 'grace'>,
): JoinWindowPlan {
  const distance = typeof within === 'object' ? within : { before: within, after: within }
  const before = parseSignedDuration(distance.before, `${join}: before`)
  const after = parseSignedDuration(distance.after, `${join}: after`)
  if (before + after < 0) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `${join}: the window is empty: it reaches from ${-before} to ${after} ms around the left record. Make before + after 0 or more`,
      { location: { operator: join } },
    )
  }
  return { before, after, grace: parseDuration(grace, `${join}: grace`) }
}

/** How a stream is written that is joined. */
export function joinSerdes(handle: NodeHandle, join: string, key?: SerdeFor<Any>): StreamSerdes {
  return { key: keySerdeOf(handle, join, key), value: handle.value }
}

/** @throws {MillraceError} TOPOLOGY_INVALID when equal keys are written differently on both sides, so that they would never meet */
export function checkSameKeySerde(join: string, left: NodeHandle, right: NodeHandle): void {
  checkSameTopology(join, left, right)
  const [mine, other] = [keySerdeOf(left, join), keySerdeOf(right, join)]
  if (mine.name === other.name) return
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `${join}: the keys of "${left.id}" are written as ${mine.name}, those of "${right.id}" as ${other.name}, so equal keys are in different partitions. Give both the same serde: selectKey((value, key) => key, { key: … }). Or, where both write equal keys as equal bytes, say with which to go on: { key: … }`,
  )
}

/**
 * Records wait for the version of their time, so the table must have versions that old (KIP-923).
 *
 * @throws {MillraceError} TOPOLOGY_INVALID
 */
export function checkHistory(join: string, table: NodeHandle, grace: number): void {
  const history = historyOf(table.graph, table.id)
  if (history !== null && history >= grace) return
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    history === null
      ? `${join}: grace needs a versioned table, and "${table.id}" has only the latest version of each row. Read it with { versioned: … }, or leave grace out`
      : `${join}: grace is ${grace} ms, but "${table.id}" keeps its versions for ${history} ms. Keep them at least as long as grace`,
    { location: { operator: join } },
  )
}
