import { type MysqlServer, unavailable } from '../../connection/index.ts'
import { MysqlConnectorError } from '../../errors.ts'

/** ER_SOURCE_FATAL_ERROR_READING_BINLOG */
const FATAL_READING_BINLOG = 1236
const ACCESS_DENIED: ReadonlySet<unknown> = new Set([1045, 1227])

/** What ended a binlog stream, said so that somebody can act on it. Undefined: the server closed it without a word. */
export function streamFailure(server: MysqlServer, error: unknown): MysqlConnectorError {
  const { errno, code, message } = (error ?? {}) as {
    readonly errno?: unknown
    readonly code?: unknown
    readonly message?: unknown
  }
  if (error === undefined) return unavailable(server, new Error('it ended the binlog stream'))
  if (errno === FATAL_READING_BINLOG) {
    return /purged|could not find|not find first|missing|GTID_POS|not in the (?:source|master)/i.test(String(message))
      ? purged(String(message), error)
      : new MysqlConnectorError(
          'MYSQL_EVENT_UNSUPPORTED',
          `The server cannot read its binlog from our position on: ${String(message)}. Nothing was skipped. Check the server's error log; a position that cannot be read again needs a new snapshot, under a new application id.`,
          { cause: error, retriable: /another (?:slave|replica)|same server_(?:uu)?id|shutdown|killed/i.test(String(message)) },
        )
  }
  if (ACCESS_DENIED.has(errno)) {
    return new MysqlConnectorError(
      'MYSQL_PRIVILEGE_MISSING',
      `The server does not let '${server.user}' read the binlog: ${String(message)}. Run: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${server.user};`,
      { cause: error },
    )
  }
  // Neither the server's nor the network's: zongji could not make sense of an event.
  if (errno === undefined && code === undefined && error instanceof Error && !/heard|closed|connection/i.test(error.message)) {
    return new MysqlConnectorError(
      'MYSQL_EVENT_UNSUPPORTED',
      `An event of the binlog cannot be read: ${error.message} Reading stopped before it; the position has not moved past it.`,
      { cause: error },
    )
  }
  return unavailable(server, error)
}

/** The binlog before our position is gone. */
export function purged(detail: string, cause?: unknown): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_BINLOG_PURGED',
    `The server no longer has the binlog at the position that was committed (${detail}). Changes since then cannot be read any more, so nothing was skipped and reading stopped. ` +
      'Choose: (1) bring the missing binlog files back, or connect to a server of the same replication group that still has them; ' +
      '(2) begin anew with a new snapshot: start under a new application id. ' +
      'To keep it from happening again, keep binlogs longer: SET PERSIST binlog_expire_logs_seconds = 604800;',
    { cause },
  )
}
