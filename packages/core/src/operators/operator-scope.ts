import type { TopologyPlan } from '../plan/topology-plan.ts'
import { AsyncWork } from './async-work.ts'
import { CurrentRecord } from './current-record.ts'
import type { IdleListener } from './idle-time.ts'
import { PunctuationQueue } from './punctuation.ts'
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

/** A scope that operators are made in: nobody has anything under way, scheduled or to close. */
export function operatorScope(plan: TopologyPlan, task: TaskContext): OperatorScope {
  const record = new CurrentRecord()
  return {
    plan,
    task,
    record,
    punctuation: { byStreamTime: new PunctuationQueue(), byWallClock: new PunctuationQueue() },
    async: new AsyncWork(record, task),
    idleListeners: [],
    onClose: [],
  }
}
