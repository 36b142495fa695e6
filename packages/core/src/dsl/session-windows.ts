import { parseDuration, type Duration } from '../duration.ts'
import type { SessionWindowPlan } from '../plan/nodes/window-nodes.ts'

/** Windows for `windowedBy`: made by {@link session}. All in ms. */
export type SessionWindows = SessionWindowPlan

/** Windows of activity. */
export interface SessionOptions {
  /** Silence of more than this ends a session. */
  readonly gap: Duration
  /** How long after its end and the gap a session still takes records that come late, in stream time. Default 0. */
  readonly grace?: Duration
}

/**
 * Sessions: records of a key belong to one as long as no more than `gap` lies between one and the next. A session goes from
 * its first record to its last one, both included; a record may join two sessions into one.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the gap or the grace is negative
 *
 * @example
 * ```ts
 * import { json, session, string, topology } from '@millrace/core'
 *
 * export const visits = topology('visits', (t) => {
 *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
 *     .groupByKey()
 *     .windowedBy(session({ gap: '30m' }))
 *     .count({ as: 'clicks-per-visit' })
 *     .to('visits') // { key: 'user-1', window: { start, end } } → 3
 * })
 * ```
 */
export function session({ gap, grace = 0 }: SessionOptions): SessionWindows {
  return { type: 'session', gap: parseDuration(gap, 'session: gap'), grace: parseDuration(grace, 'session: grace') }
}
