import type { TopologyPlan } from '../plan/topology-plan.ts'
import type { CurrentRecord } from './current-record.ts'
import type { PunctuationQueue } from './punctuation.ts'
import type { TaskContext } from './task-context.ts'

/** What all operators of one task share. */
export interface OperatorScope {
  readonly plan: TopologyPlan
  readonly task: TaskContext
  readonly record: CurrentRecord
  readonly punctuation: { readonly byStreamTime: PunctuationQueue; readonly byWallClock: PunctuationQueue }
  /** Called when the task is closed. */
  readonly onClose: (() => void)[]
}
