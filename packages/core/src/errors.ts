/**
 * Stable codes of everything that Millrace throws on purpose. The message says what happened, where, why and what to do.
 */
export type MillraceErrorCode =
  // configuration and topology, before anything runs
  | 'CONFIG_INVALID'
  | 'TOPOLOGY_INVALID'
  | 'TOPOLOGY_NAME_CLASH'
  | 'SERDE_MISSING'
  /** An operator asks for a store that it was not given. */
  | 'STORE_NOT_CONNECTED'
  | 'NOT_COPARTITIONED'
  // topics and brokers
  | 'BROKER_UNREACHABLE'
  | 'BROKER_TOO_OLD'
  | 'BROKER_REFUSED'
  | 'TOPIC_MISSING'
  | 'TOPIC_MISMATCH'
  | 'OFFSET_OUT_OF_RANGE'
  | 'LOG_CORRUPT'
  | 'LOG_IO'
  | 'LOG_CLOSED'
  | 'RECORD_TOO_LARGE'
  // groups and transactions
  | 'FENCED'
  | 'REBALANCE_IN_PROGRESS'
  | 'NOT_A_MEMBER'
  | 'TRANSACTION_ABORTED'
  // records
  | 'RECORD_INVALID'
  | 'USER_FUNCTION_FAILED'
  /** A suppress buffer is full, and was told to stop rather than to let changes out early. */
  | 'BUFFER_FULL'
  // life cycle
  | 'STATE_LOCKED'
  | 'STATE_INCOMPATIBLE'
  /** State is gone or damaged, and its changelog cannot rebuild it; or the group's offsets that belong to it are gone. */
  | 'STATE_LOST'
  | 'APP_STATE'
  | 'CONNECTOR_FAILED'

/** Where a problem was met; all that is known of it. */
export interface ErrorLocation {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly operator?: string
  readonly store?: string
  readonly task?: string
  readonly file?: string
}

export interface MillraceErrorOptions extends ErrorOptions {
  readonly location?: ErrorLocation
  /** True when the same call may succeed later without anybody changing anything. Default false. */
  readonly retriable?: boolean
}

/** Every error that Millrace throws on purpose. */
export class MillraceError<Code extends string = MillraceErrorCode> extends Error {
  override readonly name: string = 'MillraceError'
  readonly code: Code
  readonly location: ErrorLocation
  readonly retriable: boolean

  constructor(code: Code, message: string, options: MillraceErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.location = options.location ?? {}
    this.retriable = options.retriable ?? false
  }
}
