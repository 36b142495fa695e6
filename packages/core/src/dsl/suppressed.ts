import { parseDuration, type Duration } from '../duration.ts'
import { MillraceError } from '../errors.ts'
import { type GraphNode, historyOf } from '../plan/graph/index.ts'
import type { WindowPlan } from '../plan/nodes/window-nodes.ts'
import { closesAfter } from '../plan/windowed-stores.ts'

/** How much may be held back. Default: without bounds, as far as memory and disk reach. */
export interface SuppressBounds {
  /** Keys. */
  readonly maxRecords?: number
  /** Bytes of their encoded keys, values and headers. */
  readonly maxBytes?: number
}

/** What happens when more would be held back than the bounds allow. */
export interface SuppressOverflow extends SuppressBounds {
  /** Default `stop`: the app stops with BUFFER_FULL. `emit-early`: the changes that are due first leave before their time. */
  readonly whenFull?: 'emit-early' | 'stop'
}

/** Until the window closes: for tables by window only. Made by {@link untilWindowCloses}. */
export interface UntilWindowCloses extends Required<SuppressBounds> {
  readonly until: 'window-closes'
  readonly whenFull: 'stop'
}

/** For a time. Made by {@link untilTimeLimit}. */
export interface UntilTimeLimit extends Required<SuppressOverflow> {
  readonly until: 'time-limit'
  readonly ms: number
}

/** How long `suppress` holds changes back. */
export type Suppressed = UntilWindowCloses | UntilTimeLimit

/**
 * Holds the changes of a windowed table back until the window has closed: one final result for each. Results never leave
 * early: when there are more than the bounds allow, the app stops with BUFFER_FULL.
 *
 * @example
 * ```ts
 * import { json, string, topology, tumbling, untilWindowCloses } from '@millrace/core'
 *
 * export const perMinute = topology('per-minute', (t) => {
 *   t.stream('clicks', { key: string(), value: json<{ page: string }>(), idleAfter: '1m' })
 *     .groupByKey()
 *     .windowedBy(tumbling({ size: '1m', grace: '10s' }))
 *     .count()
 *     .suppress(untilWindowCloses())
 *     .to('clicks-per-minute')
 * })
 * ```
 */
export function untilWindowCloses(bounds: SuppressBounds = {}): UntilWindowCloses {
  return { until: 'window-closes', whenFull: 'stop', ...checked(bounds, 'untilWindowCloses') }
}

/**
 * Holds changes back until stream time has passed the first one by `limit`; of several changes of a key the last one goes out.
 *
 * @example
 * ```ts
 * import { json, string, topology, untilTimeLimit } from '@millrace/core'
 *
 * export const calm = topology('calm', (t) => {
 *   t.table('positions', { key: string(), value: json<{ x: number; y: number }>() })
 *     .suppress(untilTimeLimit('5s', { maxRecords: 100_000, whenFull: 'emit-early' }))
 *     .to('positions-every-five-seconds')
 * })
 * ```
 */
export function untilTimeLimit(limit: Duration, options: SuppressOverflow = {}): UntilTimeLimit {
  const { whenFull = 'stop' } = options
  const ms = parseDuration(limit, 'untilTimeLimit')
  return { until: 'time-limit', ms, whenFull, ...checked(options, 'untilTimeLimit') }
}

/** @throws {MillraceError} TOPOLOGY_INVALID for versioned tables: what is held back has no versions (as in Kafka Streams) */
export function checkNotVersioned(graph: { get(id: string): GraphNode | undefined }, table: string): void {
  if (historyOf(graph, table) === null) return
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `"${table}" is a versioned table: suppress() would hold back versions that others need at their time. Read it without { versioned: … }, or suppress what is computed from it`,
    { location: { operator: table } },
  )
}

/**
 * How long after the end of its windows the result of a table can still change, ms.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when it is no table by window
 */
export function closingTimeOf(graph: { get(id: string): GraphNode | undefined }, table: string): number {
  const ms = longestClosing(graph, table)
  if (ms !== null) return ms
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `"${table}" is not a table by window, so there is no window whose close untilWindowCloses() could wait for. Use untilTimeLimit(…), or aggregate with windowedBy(…) first`,
    { location: { operator: table } },
  )
}

function longestClosing(graph: { get(id: string): GraphNode | undefined }, id: string): number | null {
  const node = graph.get(id)
  switch (node?.kind) {
    case 'stream-aggregate':
    case 'cogroup':
      return closingOf(node.window)
    case 'table-filter':
    case 'table-map-values':
    case 'table-transform-values':
    case 'table-join':
    case 'suppress':
      return node.parents.reduce<number | null>((longest, parent) => {
        const ms = longestClosing(graph, parent)
        return ms === null ? longest : Math.max(longest ?? 0, ms)
      }, null)
    default:
      return null
  }
}

function closingOf(window: WindowPlan | undefined): number | null {
  return window === undefined ? null : closesAfter(window)
}

function checked({ maxRecords, maxBytes }: SuppressBounds, what: string): Required<SuppressBounds> {
  for (const [name, bound] of Object.entries({ maxRecords, maxBytes })) {
    if (bound === undefined || bound >= 0) continue
    throw new MillraceError('TOPOLOGY_INVALID', `${what}: ${name} must be 0 or more, got ${bound}`)
  }
  return { maxRecords: maxRecords ?? Number.POSITIVE_INFINITY, maxBytes: maxBytes ?? Number.POSITIVE_INFINITY }
}
