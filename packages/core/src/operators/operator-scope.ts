import type { TopologyPlan } from '../plan/topology-plan.ts'
import type { AsyncWork } from './async-work.ts'
import type { CurrentRecord } from './current-record.ts'
import type { IdleListener } from './idle-time.ts'
import type { PunctuationQueue } from './punctuation.ts'
import type { TaskContext } from './task-context.ts'

/** What all operators of one task share. */
export interface OperatorScope {
  readonly plan: TopologyPlan
  readonly task: TaskContext
  readonly record: CurrentRecord
  readonly punctuation: { readonly byStreamTime: PunctuationQueue; readonly byWallClock: PunctuationQueue }
  readonly async: AsyncWork
  /** Operators that act when event time moves on without a record; upstream first. */
  readonly idleListeners: IdleListener[]
  /** Called when the task is closed. */
  readonly onClose: (() => void)[]
}
