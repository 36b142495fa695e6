import type { StoreDefinition } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { EmitStrategy, WindowPlan } from './nodes/window-nodes.ts'

type Common = Pick<StoreDefinition, 'name' | 'key' | 'value' | 'caching' | 'storage'>

/** A store for aggregates by window, and how long it keeps them. */
export interface WindowedStorePlan {
  readonly definition: StoreDefinition
  readonly retention: number
}

/**
 * The store of a windowed aggregate. Default retention: as long as a window can still change, as in Kafka Streams. What the
 * operator itself must still find to be exact lingers a little longer.
 *
 * @throws {MillraceError} TOPOLOGY_INVALID when the retention asked for is shorter
 */
export function windowedStore(
  common: Common,
  window: WindowPlan,
  { retention: asked, emit }: { readonly retention?: number | undefined; readonly emit?: EmitStrategy | undefined },
): WindowedStorePlan {
  // Windows whose end belongs to them are still open when event time has come just as far, and leave a moment later.
  const extra = emit === 'on-window-close' && window.type !== 'time' ? 1 : 0
  const retention = Math.max(retentionOf(common.name, window, asked), leastRetention(window).least + extra)
  switch (window.type) {
    case 'time':
      return { definition: { kind: 'window', ...common, size: window.size, retention }, retention }
    case 'sliding': {
      // A record looks back over twice the difference: that is in one page or two.
      const { difference } = window
      const pageSpan = 2 * difference + 2
      // The record before one that is just not late: its window begins three differences and the grace before event time.
      const linger = Math.max(0, 3 * difference + window.grace + 2 - retention)
      return { definition: { kind: 'window', ...common, size: difference, retention, linger, pageSpan }, retention }
    }
    case 'session': {
      // A session whose end is just gap and grace before event time is open.
      const linger = Math.max(0, window.gap + window.grace + 1 - retention)
      return { definition: { kind: 'session', ...common, retention, linger }, retention }
    }
  }
}

/** How long a window can still change after its end, ms of event time: what `untilWindowCloses` waits. */
export function closesAfter(window: WindowPlan): number {
  return window.type === 'session' ? window.gap + window.grace : window.grace
}

/** @throws {MillraceError} TOPOLOGY_INVALID for windows that never close */
export function checkEmit(operator: string, window: WindowPlan | undefined, emit: EmitStrategy): EmitStrategy {
  if (emit === 'on-window-update' || window?.type !== 'time' || Number.isFinite(window.size)) return emit
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `${operator}: unlimited windows never close, so with 'on-window-close' nothing would ever go out. Use 'on-window-update'`,
    { location: { operator } },
  )
}

function retentionOf(store: string, window: WindowPlan, asked: number | undefined): number {
  const { least, what } = leastRetention(window)
  if (!Number.isFinite(least)) return least
  const retention = asked ?? least
  if (retention >= least) return retention
  throw new MillraceError(
    'TOPOLOGY_INVALID',
    `Store "${store}": retention (${retention} ms) is shorter than ${what}, so open windows would be lost. Give at least ${least}`,
    { location: { store } },
  )
}

function leastRetention(window: WindowPlan): { readonly least: number; readonly what: string } {
  const { grace } = window
  switch (window.type) {
    case 'time':
      return { least: window.size + grace, what: `the window and its grace (${window.size} + ${grace} ms)` }
    case 'sliding': {
      const { difference } = window
      return { least: 2 * difference + grace, what: `twice the difference and the grace (2 × ${difference} + ${grace} ms)` }
    }
    case 'session':
      return { least: window.gap + grace, what: `the gap and the grace (${window.gap} + ${grace} ms)` }
  }
}
