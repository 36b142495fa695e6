import { type DescribedPlan, describeJson, type TopologyPlan } from '../plan/index.ts'

/** What a state folder was written for: saved in it, and compared before another version of the topology uses it. */
export interface StateDescription {
  readonly format: number
  readonly plan: DescribedPlan
}

/** Version of the layout of the state folder. */
export const STATE_FORMAT = 2

export function describeState(plan: TopologyPlan, partitions: ReadonlyMap<string, number>): StateDescription {
  return { format: STATE_FORMAT, plan: describeJson(plan, partitions) }
}
