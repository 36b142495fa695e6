import { MillraceError } from './errors.ts'

/**
 * A length of time: milliseconds, or a number with its unit.
 *
 * @example
 * ```ts
 * import { tumbling } from '@millrace/core'
 *
 * export const perMinute = tumbling({ size: '1m', grace: '10s' })
 * export const same = tumbling({ size: 60_000, grace: 10_000 })
 * ```
 */
export type Duration = number | `${number}${DurationUnit}`

/** Milliseconds, seconds, minutes, hours, days. */
export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Milliseconds of a duration.
 *
 * @param what what it is for, for the message: `tumbling: size`
 * @throws {MillraceError} TOPOLOGY_INVALID when it is no duration, negative, or no whole number of milliseconds
 */
export function parseDuration(duration: Duration, what: string): number {
  const ms = parseSignedDuration(duration, what)
  if (ms >= 0) return ms
  throw refused(duration, what, ms)
}

/** The same for what may also point backwards: `-5000`, `'-5s'`. */
export function parseSignedDuration(duration: Duration, what: string): number {
  const ms = typeof duration === 'number' ? duration : textToMs(duration)
  if (Number.isSafeInteger(ms)) return ms
  throw refused(duration, what, ms)
}

function refused(duration: Duration, what: string, ms: number): MillraceError {
  const problem = ms < 0 ? 'is negative' : Number.isFinite(ms) ? 'is no whole number of milliseconds' : 'is no duration'
  return new MillraceError(
    'TOPOLOGY_INVALID',
    `${what}: ${JSON.stringify(duration)} ${problem}. Give milliseconds (60000) or a number with a unit: '500ms', '10s', '1m', '2h', '1d'`,
  )
}

function textToMs(text: string): number {
  const [, number, unit = ''] = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  // Rounding takes away what binary fractions leave over: '0.3s' is 300 ms; a real fraction of a millisecond stays one.
  const ms = Number(number) * (UNITS[unit] ?? Number.NaN)
  return Math.abs(ms - Math.round(ms)) < 1e-6 ? Math.round(ms) : ms
}
