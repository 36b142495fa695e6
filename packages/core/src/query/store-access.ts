import type { Direction, Store, StoreDefinition } from '@millrace/state-store'
import type { ChangeFeed } from './change-feed.ts'

/** What queries need of the app, for one store. */
export interface StoreAccess {
  readonly definition: StoreDefinition
  /** Committed changes, from all tasks of this process. */
  readonly feed: ChangeFeed
  /**
   * Calls `read` with the store's instances in this process (one for each of its tasks that runs here, by partition), at a
   * moment when nothing in them is uncommitted; no record is processed until it is done.
   * @throws {MillraceError} APP_STATE when the app does not run
   */
  read<T>(read: (instances: readonly Store[]) => Promise<T>): Promise<T>
}

export interface RangeOptions {
  readonly direction?: Direction
  /** Default 1,000 entries. Processing waits while they are read. */
  readonly limit?: number
}

export const DEFAULT_LIMIT = 1_000

/** Takes up to `limit` entries. */
export async function take<T>(entries: AsyncIterable<T>, limit: number, into: T[]): Promise<void> {
  if (into.length >= limit) return
  for await (const entry of entries) {
    into.push(entry)
    if (into.length >= limit) return
  }
}
