import type { WindowEntry } from '@millrace/state-store'

/** What a record does to one window. */
export interface SlidingStep<A> {
  readonly start: number
  /** The window before, or what it is made from; undefined: made from the initial aggregate. */
  readonly source: { readonly value: A; readonly timestamp: number } | undefined
  /** Copied from its source as it is: a window of records that come after this one. */
  readonly copy: boolean
  /** It is not in the store yet. */
  readonly isNew: boolean
}

/**
 * What a record does to the sliding windows of its key, in order (KStreamSlidingWindowAggregate). A window exists for each
 * record, ending at it (its left one), and for each record that is followed by another within `difference`, starting 1 ms
 * after it (its right one).
 *
 * @param windows - of the key with `max(0, timestamp - 2 × difference) <= start <= timestamp + 1`, ascending
 */
export function slidingSteps<A>(
  windows: readonly WindowEntry<A>[],
  timestamp: number,
  difference: number,
): readonly SlidingStep<A>[] {
  return timestamp < difference ? earlySteps(windows, timestamp) : laterSteps(windows, timestamp, difference)
}

function laterSteps<A>(windows: readonly WindowEntry<A>[], timestamp: number, difference: number): readonly SlidingStep<A>[] {
  const steps: SlidingStep<A>[] = []
  let visited = windows.length
  let leftExists = false
  let rightExists = false
  let leftSource: WindowEntry<A> | undefined
  let rightSource: WindowEntry<A> | undefined
  /** Timestamp of the record before this one. */
  let before: number | undefined
  for (let i = windows.length - 1; i >= 0; i--) {
    const window = windows[i] as WindowEntry<A>
    const end = window.start + difference
    visited = i
    if (window.start === timestamp + 1) rightExists = true
    else if (end > timestamp) {
      rightSource ??= window
      steps.push(update(window))
    } else if (end === timestamp) {
      leftExists = true
      steps.push(update(window))
      if (window.timestamp >= timestamp) return steps
      before = window.timestamp
    } else {
      leftSource = window
      before = window.timestamp
      break
    }
  }
  const isVisited = (start: number): boolean => windows.some((window, i) => i >= visited && window.start === start)
  if (before !== undefined && before + 1 + difference >= timestamp && !isVisited(before + 1)) steps.push(create(before + 1))
  if (!leftExists) {
    const shared = before !== undefined && before >= timestamp - difference
    steps.push({ ...create<A>(timestamp - difference), source: shared ? leftSource : undefined })
  }
  if (!rightExists && rightSource !== undefined && rightSource.timestamp > timestamp) steps.push(copy(timestamp + 1, rightSource))
  return steps
}

/** Records before `difference` share a window that starts at 0, as none starts earlier. */
function earlySteps<A>(windows: readonly WindowEntry<A>[], timestamp: number): readonly SlidingStep<A>[] {
  const steps: SlidingStep<A>[] = []
  let shared: WindowEntry<A> | undefined
  let rightSource: WindowEntry<A> | undefined
  let rightExists = false
  let before: number | undefined
  for (const window of windows) {
    if (window.start === 0) {
      shared = window
      if (window.timestamp < timestamp) before = window.timestamp
    } else if (window.start <= timestamp) {
      rightSource = window
      steps.push(update(window))
    } else rightExists = true
  }
  if (rightSource === undefined && shared !== undefined && shared.timestamp > timestamp) rightSource = shared
  if (!rightExists && rightSource !== undefined && rightSource.timestamp > timestamp) steps.push(copy(timestamp + 1, rightSource))
  if (before !== undefined && !windows.some(({ start }) => start === (before as number) + 1)) steps.push(create(before + 1))
  steps.push(shared === undefined ? create(0) : update(shared))
  return steps
}

function update<A>(window: WindowEntry<A>): SlidingStep<A> {
  return { start: window.start, source: window, copy: false, isNew: false }
}

function create<A>(start: number): SlidingStep<A> {
  return { start, source: undefined, copy: false, isNew: true }
}

function copy<A>(start: number, source: WindowEntry<A>): SlidingStep<A> {
  return { start, source, copy: true, isNew: true }
}
