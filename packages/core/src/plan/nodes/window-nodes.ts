import type { Serde } from '../../serde/serde.ts'
import type { Any } from './any.ts'
import type { NodeBase } from './node.ts'

/** Windows that start at multiples of `advance`; tumbling when advance = size. All in ms. */
export interface TimeWindowPlan {
  readonly type: 'time'
  readonly size: number
  readonly advance: number
  readonly grace: number
  /** Unlimited windows: where the one window starts, ms since the epoch. Its size and advance are Infinity. */
  readonly start?: number
}

/** Windows of records at most `difference` apart, the ends included. All in ms. */
export interface SlidingWindowPlan {
  readonly type: 'sliding'
  readonly difference: number
  readonly grace: number
}

/** Windows of records with less than `gap` of silence between them, the end included. All in ms. */
export interface SessionWindowPlan {
  readonly type: 'session'
  readonly gap: number
  readonly grace: number
}

export type WindowPlan = TimeWindowPlan | SlidingWindowPlan | SessionWindowPlan

/** When the result of a window goes out: with each record, or once, when it can change no more (KIP-825). */
export type EmitStrategy = 'on-window-update' | 'on-window-close'

/** Aggregates of a grouped stream by window. `initial` absent: reduce, the first value is the aggregate. */
interface WindowedFoldNode extends NodeBase {
  readonly store: string
  readonly initial?: () => Any
  readonly add: (aggregate: Any, value: Any, key: Any) => Any
  readonly emit: EmitStrategy
  /** Place of its event time among the marks of the store: inputs of a cogroup share one. */
  readonly mark: number
  /** The table that it belongs to; absent: its own. */
  readonly table?: string
}
export interface WindowedAggregateNode extends WindowedFoldNode {
  readonly kind: 'windowed-aggregate'
  readonly window: TimeWindowPlan
}
export interface SlidingAggregateNode extends WindowedFoldNode {
  readonly kind: 'sliding-aggregate'
  readonly window: SlidingWindowPlan
}
export interface SessionAggregateNode extends WindowedFoldNode {
  readonly kind: 'session-aggregate'
  readonly window: SessionWindowPlan
  /** Two sessions that a record has joined; `initial` absent: `add` of their aggregates. */
  readonly merge: (key: Any, aggregate: Any, other: Any) => Any
}
/** What several grouped streams are aggregated into (parents: their aggregates, which share the store). */
export interface CogroupNode extends NodeBase {
  readonly kind: 'cogroup'
  readonly store: string
}

/** How long a table's changes are held back: until their window closes, or so long after the first one of a key. ms. */
export interface SuppressUntil {
  readonly type: 'window-closes' | 'time-limit'
  readonly ms: number
}

/** Holds back the changes of a table, and sends the last one of each key. */
export interface SuppressNode extends NodeBase {
  readonly kind: 'suppress'
  readonly until: SuppressUntil
  readonly maxRecords: number
  readonly maxBytes: number
  readonly whenFull: 'emit-early' | 'stop'
  /** What is held back, by key. */
  readonly buffer: string
  readonly key: Serde<Any>
  readonly value: Serde<Any>
}

export type WindowNode = WindowedAggregateNode | SlidingAggregateNode | SessionAggregateNode | CogroupNode | SuppressNode
