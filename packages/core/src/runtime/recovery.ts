import { StateStoreError } from '@millrace/state-store'
import { ConnectorFailure } from '../connect/index.ts'
import { MillraceError } from '../errors.ts'

/**
 * How a worker goes on after an error. In each case what is uncommitted is dropped and all stream tasks are closed; they are
 * opened again from the committed offsets and their checkpoints.
 *
 * - `redo`: the transaction failed, the assignment stands.
 * - `rejoin`: the group goes on without this generation.
 * - `renew`: another writer has taken the transactional id: a new one first, then join again.
 * - `stop`: nothing helps; the app fails with the error.
 */
export type Recovery = 'redo' | 'rejoin' | 'renew' | 'stop'

export function recoveryFrom(error: unknown): Recovery {
  if (error instanceof StateStoreError) return error.code === 'STATE_CORRUPT' ? 'redo' : 'stop'
  // Its task has ended, whatever its code says: going on would be without it.
  if (!(error instanceof MillraceError) || error instanceof ConnectorFailure) return 'stop'
  switch (error.code) {
    case 'TRANSACTION_ABORTED':
      return 'redo'
    case 'REBALANCE_IN_PROGRESS':
    case 'NOT_A_MEMBER':
      return 'rejoin'
    case 'FENCED':
      return 'renew'
    default:
      return error.retriable ? 'redo' : 'stop'
  }
}
