import { MillraceError, type TopicPartition } from '@millrace/core'
import { MysqlConnectorError } from '../errors.ts'
import type { ViewSpec } from './view-spec.ts'

/** Errors after which the same batch may be written as it is: locks, connections, servers that restart or change roles. */
const RETRIABLE_ERRNO: ReadonlySet<number> = new Set([
  1205, // lock wait timeout
  1213, // deadlock
  1317, // query interrupted
  1040, // too many connections
  1053, // server shutdown in progress
  1158,
  1159,
  1160,
  1161, // network errors
  1290, // read only: a replica that is being promoted
  1836, // read only mode
  1927, // connection was killed (MariaDB)
  3169, // session was killed (MySQL)
])
/** ER_BINLOG_STMT_MODE_AND_ROW_ENGINE */
const STATEMENT_BINLOG = 1665
/** ER_DUP_ENTRY: of a unique key besides the primary one, since rows of the same primary key are replaced. */
const DUPLICATE_ENTRY = 1062
const RETRIABLE_CODE = /^(PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ERR_STREAM)/

/** Says what the sink was doing when MySQL, or the way to it, failed. Never holds values of rows. */
export function sinkFailure(error: unknown, spec: ViewSpec, where: TopicPartition): Error {
  if (error instanceof MillraceError) return error
  const { code, errno, message } = error as { readonly code?: unknown; readonly errno?: unknown; readonly message?: unknown }
  const location = { topic: where.topic, partition: where.partition }
  const view = `${spec.database}.${spec.table} (${where.topic}, partition ${where.partition})`
  if (errno === STATEMENT_BINLOG) {
    return new MysqlConnectorError(
      'MYSQL_BINLOG_FORMAT',
      `The view ${view} cannot be written: its server logs changes as statements, which the sink's transactions (READ COMMITTED) do not allow. ` +
        'Run: SET PERSIST binlog_format = ROW; (MariaDB: SET GLOBAL, and in the configuration). Nothing was written and the position has not moved.',
      { cause: error, location },
    )
  }
  const retriable =
    (typeof errno === 'number' && RETRIABLE_ERRNO.has(errno)) ||
    (typeof code === 'string' && RETRIABLE_CODE.test(code)) ||
    /closed state|connection is closed/i.test(String(message))
  const what = retriable ? 'could not be written just now' : 'was refused by the server'
  const advice = retriable
    ? 'The batch is tried again.'
    : 'Nothing of the batch was written and the position has not moved: correct the table or the values, then start again.'
  const hint =
    errno === DUPLICATE_ENTRY
      ? ' Partitions of a view are written independently of each other, so a value can be in two rows for a moment: make unique keys besides the primary one plain indexes.'
      : ''
  return new MysqlConnectorError(
    retriable ? 'MYSQL_UNAVAILABLE' : 'MYSQL_WRITE_REFUSED',
    `A batch for ${view} ${what}: ${String(message)}. ${advice}${hint}`,
    { cause: error, retriable, location },
  )
}
