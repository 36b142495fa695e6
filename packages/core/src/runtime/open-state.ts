import {
  levelEngine,
  memoryEngine,
  openTaskState,
  StateStoreError,
  type StoreDefinition,
  type TaskState,
} from '@millrace/state-store'
import type { OpenApp } from './open-app.ts'

export interface StateToOpen {
  /** Whose state it is, for the log. */
  readonly task: string
  /** Names of its stores, in order of flushing. */
  readonly stores: readonly string[]
  readonly cacheMaxBytes?: number
  /** The folder of its database. */
  readonly location: string
  /** Deletes that folder. */
  readonly remove: () => Promise<void>
}

/** Opens the state of a task, or of the global tables. A damaged database is deleted: the log has what was in it. */
export async function openState(
  { plan, settings, logger }: Pick<OpenApp, 'plan' | 'settings' | 'logger'>,
  { task, stores: names, cacheMaxBytes, location, remove }: StateToOpen,
): Promise<TaskState> {
  const stores = names.flatMap((name): StoreDefinition | [] => plan.stores.get(name)?.definition ?? [])
  const options = { stores, ...(cacheMaxBytes !== undefined && { cacheMaxBytes }) }
  // Nothing to keep, or nothing to keep it for: a log in memory cannot rebuild what outlives it.
  if (stores.length === 0 || settings.embedded.location === 'memory') return openTaskState({ engine: memoryEngine(), ...options })
  try {
    return await openTaskState({ engine: levelEngine({ location }), ...options })
  } catch (error) {
    if (!isDamage(error)) throw error
    logger.warn('state-corrupt', { task, error: error.message })
    await remove()
    return openTaskState({ engine: levelEngine({ location }), ...options })
  }
}

/** True for what a damaged database throws. */
export function isDamage(error: unknown): error is StateStoreError {
  return error instanceof StateStoreError && error.code === 'STATE_CORRUPT'
}
