/** What becomes of deployed state when another version of a topology starts over it. Pure functions over descriptions. */
export { describeDiff } from './describe-diff.ts'
export { type IncompatibleStore, type PlanDiff, planDiff, type RenamedStore } from './plan-diff.ts'
