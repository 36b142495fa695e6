/** What can go wrong with a server of our own. Codes are stable. */
export type ServerErrorCode =
  /** There is no way to get the server's programs on this machine. */
  | 'SERVER_UNAVAILABLE'
  /** Downloading or unpacking the server's programs failed. */
  | 'SERVER_FETCH_FAILED'
  /** The server ended, or was not ready in time. */
  | 'SERVER_START_FAILED'
  /** The operation does not fit the server's state, such as restarting one whose data is deleted. */
  | 'SERVER_STATE'

/** Thrown by everything in this folder. The message says what, where, why and what to do. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: ServerErrorCode

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
