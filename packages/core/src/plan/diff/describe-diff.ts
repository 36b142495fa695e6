import type { PlanDiff } from './plan-diff.ts'

/**
 * A diff as text, a line for each store and internal topic; what stands in the way of a start comes first.
 *
 * @example
 * ```ts
 * import { describeDiff, describeJson, planDiff, planTopology, string, topology } from '@millrace/core'
 *
 * const copy = topology('copy', (t) => t.stream('in', { key: string(), value: string() }).to('out'))
 * const described = describeJson(planTopology(copy))
 * console.log(describeDiff(planDiff(described, described))) // no state
 * ```
 */
export function describeDiff(diff: PlanDiff): string {
  const lines = [
    ...(diff.app === null
      ? []
      : [line('other app', `${diff.app.deployed} -> ${diff.app.planned}: nothing of the deployed one is used`)]),
    ...diff.incompatible.map(({ store, problems }) => line('incompatible', `${store} had ${problems.join('; ')}`)),
    ...diff.renamed.map(({ from, to }) =>
      line('renamed', `${from} -> ${to}: its state stays under the old name, the new one begins empty`),
    ),
    ...diff.orphaned.map((store) => line('orphaned', `${store}: nobody uses its state any more`)),
    ...diff.added.map((store) => line('new', `${store}: begins empty`)),
    ...diff.kept.map((store) => line('kept', store)),
    ...diff.orphanedTopics.map((topic) => line('topic unused', topic)),
    ...diff.addedTopics.map((topic) => line('topic new', topic)),
  ]
  return lines.length === 0 ? 'no state' : lines.join('\n')
}

function line(what: string, of: string): string {
  return `${what.padEnd(14)}${of}`
}
