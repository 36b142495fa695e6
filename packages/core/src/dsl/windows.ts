import { parseDuration, type Duration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import type { TimeWindowPlan } from '../plan/nodes/window-nodes.ts'

/** Windows for `windowedBy`: made by {@link tumbling}, {@link hopping} and {@link unlimited}. All in ms. */
export type TimeWindows = TimeWindowPlan

/** Windows that follow one another. */
export interface TumblingOptions {
  /** Length of a window. Windows start at multiples of it since the epoch. */
  readonly size: Duration
  /** How long after its end a window still takes records that come late, in stream time. Default 0. */
  readonly grace?: Duration
}

/** Windows that overlap. */
export interface HoppingOptions extends TumblingOptions {
  /** Distance from one window's start to the next one's: more than 0, at most `size`. */
  readonly advance: Duration
}

/**
 * Windows of one size that follow one another: each record is in one.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the size is not above 0 or the grace is negative
 *
 * @example
 * ```ts
 * import { json, string, topology, tumbling } from '@millrace/core'
 *
 * export const perMinute = topology('per-minute', (t) => {
 *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
 *     .groupByKey()
 *     .windowedBy(tumbling({ size: '1m', grace: '10s' }))
 *     .count({ as: 'clicks-per-minute' })
 * })
 * ```
 */
export function tumbling(options: TumblingOptions): TimeWindows {
  const size = positive(options.size, 'tumbling: size')
  return { type: 'time', size, advance: size, grace: parseDuration(options.grace ?? 0, 'tumbling: grace') }
}

/**
 * Windows of one size that start every `advance`: each record is in size / advance of them.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the size or the advance is not above 0, the advance is larger than the size,
 *   or the grace is negative
 *
 * @example
 * ```ts
 * import { hopping, json, string, topology } from '@millrace/core'
 *
 * export const lastFiveMinutes = topology('last-five-minutes', (t) => {
 *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
 *     .groupByKey()
 *     .windowedBy(hopping({ size: '5m', advance: '1m' }))
 *     .count({ as: 'clicks-in-five-minutes' })
 * })
 * ```
 */
export function hopping(options: HoppingOptions): TimeWindows {
  const size = positive(options.size, 'hopping: size')
  const advance = positive(options.advance, 'hopping: advance')
  if (advance > size) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `hopping: advance (${advance} ms) is larger than size (${size} ms), so records between two windows would be in none. Make it at most the size`,
    )
  }
  return { type: 'time', size, advance, grace: parseDuration(options.grace ?? 0, 'hopping: grace') }
}

/** One window without an end. */
export interface UnlimitedOptions {
  /** Where the window starts, ms since the epoch; earlier records are in no window. Default 0. */
  readonly start?: number
}

/**
 * One window from `start` on that never closes: its end is Infinity (2^63-1 ms in Kafka Streams).
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the start is not a time
 *
 * @example
 * ```ts
 * import { json, string, topology, unlimited } from '@millrace/core'
 *
 * export const since2025 = topology('since-2025', (t) => {
 *   t.stream('clicks', { key: string(), value: json<{ page: string }>() })
 *     .groupByKey()
 *     .windowedBy(unlimited({ start: Date.UTC(2025, 0) }))
 *     .count({ as: 'clicks-since-2025' })
 * })
 * ```
 */
export function unlimited({ start = 0 }: UnlimitedOptions = {}): TimeWindows {
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `unlimited: start must be a time in whole ms since the epoch, 0 or more, got ${start}`,
    )
  }
  return { type: 'time', size: Number.POSITIVE_INFINITY, advance: Number.POSITIVE_INFINITY, grace: 0, start }
}

function positive(duration: Duration, what: string): number {
  const ms = parseDuration(duration, what)
  if (ms > 0) return ms
  throw new MillraceError('TOPOLOGY_INVALID', `${what} must be more than 0`)
}
