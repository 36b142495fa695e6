import { type MysqlServer, unavailable } from '../connection/index.ts'
import { MillraceError } from '@millrace/core'
import { MysqlConnectorError } from '../errors.ts'

/** Deadlock, lock wait, interrupted, shutdown, killed: the same query may work next time. */
const RETRIABLE: ReadonlySet<unknown> = new Set([1040, 1053, 1158, 1159, 1160, 1161, 1205, 1213, 1317, 1927, 3169, 4031])

/** What to say of an error that a query of the source met. */
export function sourceFailure(server: MysqlServer, error: unknown): Error {
  if (error instanceof MillraceError) return error
  const { errno, sqlMessage, message } = error as {
    readonly errno?: unknown
    readonly sqlMessage?: unknown
    readonly message?: unknown
  }
  // The server's own words; without them it was the connection.
  if (typeof errno !== 'number' || sqlMessage === undefined || RETRIABLE.has(errno)) {
    return isDriverError(error) ? unavailable(server, error) : error instanceof Error ? error : new Error(String(error))
  }
  return new MysqlConnectorError(
    'MYSQL_QUERY_REFUSED',
    `MySQL at ${server.host}:${server.port} refused a query of the source: ${String(sqlMessage ?? message)} (error ${errno}).`,
    { cause: error },
  )
}

function isDriverError(error: unknown): boolean {
  return error instanceof Error && ('errno' in error || 'code' in error || /closed state/.test(error.message))
}
