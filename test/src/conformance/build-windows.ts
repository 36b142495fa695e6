import {
  type CogroupedStream,
  type GroupedStream,
  hopping,
  type SessionCogroupedStream,
  session,
  type SessionWindowedStream,
  sliding,
  type Suppressed,
  type Table,
  tumbling,
  unlimited,
  untilTimeLimit,
  untilWindowCloses,
  type WindowedCogroupedStream,
  type WindowedStream,
  type WindowedTable,
} from '@millrace/core'
import { aggregator } from './functions/aggregators.ts'
import { reducer } from './functions/reducers.ts'
import { sessionMerger } from './functions/session-mergers.ts'
import type { ScenarioNode } from './scenario.ts'
import type { WindowedStoreChoice } from './store-choice.ts'
import { plainText, type TextKey, type TextTable, type Value } from './text.ts'
import { Unsupported } from './unsupported.ts'

/** A grouped stream by window, whatever its windows. */
export type Windowed =
  | { readonly by: 'window'; readonly onClose: boolean; readonly stream: WindowedStream<TextKey, string> }
  | { readonly by: 'session'; readonly onClose: boolean; readonly stream: SessionWindowedStream<TextKey, string> }

/** Several of them, to be aggregated into one table. */
export type Cogrouped =
  | { readonly by: 'key'; readonly stream: CogroupedStream<TextKey, Value> }
  | { readonly by: 'window'; readonly stream: WindowedCogroupedStream<TextKey, Value> }
  | { readonly by: 'session'; readonly stream: SessionCogroupedStream<TextKey, Value> }

export function windowedBy(grouped: GroupedStream<TextKey, string>, { window }: ScenarioNode): Windowed {
  const { type = 'none', size = 0, advance = 0, grace = 0, gap = 0, diff = 0, start } = window ?? {}
  const byWindow = (stream: WindowedStream<TextKey, string>): Windowed => ({ by: 'window', onClose: false, stream })
  switch (type) {
    case 'tumbling':
      return byWindow(grouped.windowedBy(tumbling({ size, grace })))
    case 'hopping':
      return byWindow(grouped.windowedBy(hopping({ size, advance, grace })))
    case 'unlimited':
      return byWindow(grouped.windowedBy(unlimited(start === undefined ? {} : { start })))
    case 'sliding':
      return byWindow(grouped.windowedBy(sliding({ difference: diff, grace })))
    case 'session':
      return { by: 'session', onClose: false, stream: grouped.windowedBy(session({ gap, grace })) }
    default:
      throw new Unsupported(`${type} window`)
  }
}

export function withStrategy(windowed: Windowed, { strategy }: ScenarioNode): Windowed {
  const emit = strategy === 'onWindowClose' ? 'on-window-close' : 'on-window-update'
  const onClose = emit === 'on-window-close'
  if (windowed.by === 'session') return { by: 'session', onClose, stream: windowed.stream.emitStrategy(emit) }
  return { by: 'window', onClose, stream: windowed.stream.emitStrategy(emit) }
}

/** count, reduce and aggregate of a windowed stream. */
export function aggregateWindowed(windowed: Windowed, node: ScenarioNode, store: WindowedStoreChoice): TextTable {
  const { op, merger = '' } = node
  const options = { value: plainText, ...store }
  switch (op) {
    case 'count':
      return rendered(widened(windowed.stream.count(store)))
    case 'reduce':
      return widened(windowed.stream.reduce(reducer(node.reducer ?? ''), options))
    case 'aggregate':
      if (windowed.by === 'window') return widened(windowed.stream.aggregate({ ...foldOf(node), ...options }))
      return widened(windowed.stream.aggregate({ ...foldOf(node), merge: sessionMerger(merger), ...options }))
    default:
      throw new Unsupported(op)
  }
}

/** `cogroup`: of a grouped stream, or of what is cogrouped already with one more. */
export function cogroup(first: Cogrouped | null, grouped: GroupedStream<TextKey, string>, { agg = '' }: ScenarioNode): Cogrouped {
  const add = aggregator(agg)
  const fold = (total: Value, value: string, key: TextKey): Value => add(key, value, total)
  if (first === null) return { by: 'key', stream: grouped.cogroup<Value>(fold) }
  if (first.by !== 'key') throw new Unsupported('cogroup of windows')
  return { by: 'key', stream: first.stream.cogroup(grouped, fold) }
}

export function windowedCogroup(cogrouped: Cogrouped, { window }: ScenarioNode): Cogrouped {
  if (cogrouped.by !== 'key') throw new Unsupported('windows of windows')
  const { type = 'none', size = 0, advance = 0, grace = 0, gap = 0, diff = 0, start } = window ?? {}
  const { stream } = cogrouped
  switch (type) {
    case 'tumbling':
      return { by: 'window', stream: stream.windowedBy(tumbling({ size, grace })) }
    case 'hopping':
      return { by: 'window', stream: stream.windowedBy(hopping({ size, advance, grace })) }
    case 'unlimited':
      return { by: 'window', stream: stream.windowedBy(unlimited(start === undefined ? {} : { start })) }
    case 'sliding':
      return { by: 'window', stream: stream.windowedBy(sliding({ difference: diff, grace })) }
    case 'session':
      return { by: 'session', stream: stream.windowedBy(session({ gap, grace })) }
    default:
      throw new Unsupported(`${type} window`)
  }
}

export function aggregateCogroup(cogrouped: Cogrouped, node: ScenarioNode, store: WindowedStoreChoice): TextTable {
  const { init = null, merger = '' } = node
  const options = { initial: (): Value => init, value: plainText, ...store }
  switch (cogrouped.by) {
    case 'key':
      return cogrouped.stream.aggregate(options)
    case 'window':
      return widened(cogrouped.stream.aggregate(options))
    case 'session':
      return widened(cogrouped.stream.aggregate({ ...options, merge: sessionMerger(merger) }))
  }
}

export function suppressed({ until, ms = 0, maxRecords, maxBytes, onFull }: ScenarioNode): Suppressed {
  const bounds = { ...(maxRecords !== undefined && { maxRecords }), ...(maxBytes !== undefined && { maxBytes }) }
  if (until === 'windowCloses') return untilWindowCloses(bounds)
  return untilTimeLimit(ms, { ...bounds, whenFull: onFull === 'emitEarly' ? 'emit-early' : 'stop' })
}

export function foldOf({ init = null, agg = '' }: ScenarioNode): {
  readonly initial: () => Value
  readonly add: (total: Value, value: Value, key: TextKey) => Value
} {
  const add = aggregator(agg)
  return { initial: () => init, add: (total, v, k) => add(k, v, total) }
}

/** FORMAT.md: counts are rendered as decimal strings. */
export function rendered(counts: Table<TextKey, number>): TextTable {
  return counts.mapValues((count) => String(count), { value: plainText })
}

/** Windowed keys are text keys here, but a table of some keys is no table of more keys to the compiler: `get` could ask for others. */
function widened<V>(table: WindowedTable<TextKey, V>): Table<TextKey, V> {
  // oxlint-disable-next-line typescript/no-explicit-any -- the one way to a wider key without two steps through unknown
  const anyKeys: Table<any, V> = table
  return anyKeys
}
