import type { TopologyPlan } from '../plan/topology-plan.ts'
import type { CurrentRecord } from './current-record.ts'
import type { TaskContext } from './task-context.ts'

/** What all operators of one task share. */
export interface OperatorScope {
  readonly plan: TopologyPlan
  readonly task: TaskContext
  readonly record: CurrentRecord
}
