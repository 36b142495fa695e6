/** What went wrong in a state store. Codes are stable; messages are for people and may change. */
export type StateStoreErrorCode =
  /** Another process (or another task of this one) has the database open. */
  | 'STATE_LOCKED'
  /** The database's files are damaged. */
  | 'STATE_CORRUPT'
  /** The database was written by a newer format version. */
  | 'STATE_FORMAT'
  /** The store or database was used after it was closed. */
  | 'STATE_CLOSED'
  /** The disk refused (full, permissions, I/O error). */
  | 'STATE_IO'
  /** Two stores of one name, or a store that was not declared. */
  | 'STATE_STORE_UNKNOWN'
  | 'STATE_STORE_DUPLICATE'
  /** The database keeps a store of this name as another kind. */
  | 'STATE_STORE_CHANGED'
  /** A call that does not fit the state's life: a write during a commit, a commit before the flush, a restore over dirty entries. */
  | 'STATE_MISUSE'

/** Every error that this package throws on purpose. Says what, where, why and what to do. */
export class StateStoreError extends Error {
  override readonly name = 'StateStoreError'
  readonly code: StateStoreErrorCode

  constructor(code: StateStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
