import type { EngineOperation } from '../engine/engine.ts'
import type { ChangelogRecord, Pending } from '../task-state.ts'
import type { Store } from './store.ts'

/** What a task's state does with each of its stores, whatever their kind. */
export interface ManagedStore extends Store {
  readonly hasUnflushed: boolean
  readonly hasUncommitted: boolean
  flush(): Pending
  /** Adds all that a commit has to write to `batch`. */
  collect(batch: EngineOperation[]): void
  /** The batch is in the database. */
  committed(): void
  /** Back to what the database has. */
  discard(): void
  /** Adds the operations that apply changelog records to `batch`. */
  restore(records: readonly ChangelogRecord[], batch: EngineOperation[]): void
  /** A batch of restored records is in the database. */
  restored(): void
  /** The database was emptied. */
  wiped(): void
  /** Whether the database may have committed data that nobody can see any more. */
  readonly hasExpired: boolean
  /** Deletes that data, piece by piece, until it is done or `stopping` says so. */
  expire(stopping: () => boolean): Promise<void>
}
