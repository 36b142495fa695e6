import type { Scenario } from './scenario.ts'

/** All keys of the steps, in order of their UTF-16 units, as Java's TreeSet has them. */
export function keysOf({ steps }: Scenario): readonly string[] {
  const keys = steps.flatMap((step) => ('key' in step && step.key !== null ? [step.key] : []))
  return [...new Set(keys)].sort()
}
