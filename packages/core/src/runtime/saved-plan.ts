import { access } from 'node:fs/promises'
import type { DescribedPlan } from '../plan/index.ts'
import { StateFolder } from './state-folder.ts'

/**
 * What the state in a folder was written for, to be compared with another version of the topology before that is deployed.
 *
 * @param stateDir as in `run`
 * @returns null when the folder has no state
 * @throws {MillraceError} STATE_LOCKED while the app runs
 *
 * @example
 * ```ts fragment
 * import { describeDiff, describeJson, planDiff, planTopology, savedPlan } from '@millrace/core'
 *
 * const deployed = await savedPlan('.millrace/shop')
 * if (deployed !== null) console.log(describeDiff(planDiff(deployed, describeJson(planTopology(shop)))))
 * ```
 */
export async function savedPlan(stateDir: string): Promise<DescribedPlan | null> {
  const exists = await access(stateDir).then(
    () => true,
    () => false,
  )
  if (!exists) return null
  const folder = await StateFolder.open(stateDir)
  try {
    return folder.deployed
  } finally {
    await folder.close()
  }
}
