import { parseDuration, type Duration } from '../duration.ts'
import type { SlidingWindowPlan } from '../plan/nodes/window-nodes.ts'

/** Windows for `windowedBy`: made by {@link sliding}. All in ms. */
export type SlidingWindows = SlidingWindowPlan

/** Windows around records that are close to each other. */
export interface SlidingOptions {
  /** How far apart the records of a window may be. */
  readonly difference: Duration
  /** How long after its end a window still takes records that come late, in stream time. Default 0. */
  readonly grace?: Duration
}

/**
 * Windows that slide with the records of a key: one for each set of records that lie at most `difference` apart. Both ends
 * belong to a window: `start <= time <= end`, `end = start + difference` (KIP-450).
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the difference or the grace is negative
 *
 * @example
 * ```ts
 * import { json, sliding, string, topology } from '@millrace/core'
 *
 * export const failures = topology('failures', (t) => {
 *   t.stream('failed-logins', { key: string(), value: json<{ address: string }>() })
 *     .groupByKey()
 *     .windowedBy(sliding({ difference: '10m', grace: '30s' }))
 *     .count({ as: 'failed-logins-within-ten-minutes' })
 * })
 * ```
 */
export function sliding({ difference, grace = 0 }: SlidingOptions): SlidingWindows {
  return {
    type: 'sliding',
    difference: parseDuration(difference, 'sliding: difference'),
    grace: parseDuration(grace, 'sliding: grace'),
  }
}
