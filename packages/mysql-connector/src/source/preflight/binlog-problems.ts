import type { Connection, RowDataPacket } from 'mysql2/promise'
import { binlogStatus } from '../server.ts'
import type { Problem } from './problem.ts'

const VARIABLES = [
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_transaction_compression',
  'binlog_row_value_options',
  'log_replica_updates',
  'log_slave_updates',
]

/** @param databases those that are read */
export async function binlogProblems(
  connection: Connection,
  mariadb: boolean,
  databases: ReadonlySet<string>,
): Promise<readonly Problem[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)', [VARIABLES])
  const variables = new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), String(row['Value']).toUpperCase()]))
  if (variables.get('log_bin') !== 'ON') {
    return [
      {
        code: 'MYSQL_BINLOG_DISABLED',
        message:
          'it writes no binlog (log_bin is OFF). Put log_bin, server_id = 1 and binlog_row_metadata = FULL under [mysqld] in its configuration, and restart it.',
      },
    ]
  }
  const problems: Problem[] = []
  const require = (name: string, wanted: string, code: Problem['code'], why: string): void => {
    const value = variables.get(name)
    // What a server does not have, it does not do otherwise; but for the column names, which old servers cannot write.
    if (value === wanted || (value === undefined && name !== 'binlog_row_metadata')) return
    const is = value === undefined ? 'is not known to this server, which is too old' : `is ${value === '' ? 'empty' : value}`
    problems.push({ code, message: `${name} ${is}: ${why}. ${howToSet(mariadb, name, wanted)}` })
  }
  require('binlog_format', 'ROW', 'MYSQL_BINLOG_FORMAT', 'changes are logged as statements, not as rows')
  require('binlog_row_image', 'FULL', 'MYSQL_BINLOG_ROW_IMAGE', 'rows are logged without the columns that did not change')
  require('binlog_row_metadata', 'FULL', 'MYSQL_BINLOG_ROW_METADATA', 'rows are logged without the names of their columns, so a change of the table would go unnoticed')
  require('binlog_transaction_compression', 'OFF', 'MYSQL_BINLOG_COMPRESSED', 'compressed transactions cannot be read')
  require('binlog_row_value_options', '', 'MYSQL_BINLOG_PARTIAL_JSON', 'of changed JSON only the difference is logged')
  problems.push(...(await filterProblems(connection, mariadb, databases)))
  const followsUpdates = variables.get('log_replica_updates') ?? variables.get('log_slave_updates')
  if (followsUpdates === 'OFF' && (await isReplica(connection, mariadb))) {
    problems.push({
      code: 'MYSQL_BINLOG_DISABLED',
      message:
        'it is a replica that does not log what it receives (log_replica_updates is OFF). Put log_replica_updates = ON under [mysqld] in its configuration and restart it, or read from its source.',
    })
  }
  return problems
}

function howToSet(mariadb: boolean, name: string, value: string): string {
  const text = value === '' ? "''" : value
  return mariadb
    ? `Run: SET GLOBAL ${name} = ${text}; and put ${name} = ${text} under [mysqld] in its configuration. Sessions that are open keep the old value: end them.`
    : `Run: SET PERSIST ${name} = ${text}; Sessions that are open keep the old value: end them.`
}

/** binlog_do_db and binlog_ignore_db leave databases out. */
async function filterProblems(
  connection: Connection,
  mariadb: boolean,
  databases: ReadonlySet<string>,
): Promise<readonly Problem[]> {
  let status: RowDataPacket | undefined
  try {
    status = await binlogStatus(connection, mariadb)
  } catch {
    // A missing right is told apart.
    return []
  }
  const list = (name: string): readonly string[] =>
    String(status?.[name] ?? '')
      .split(',')
      .filter((database) => database !== '')
  const only = list('Binlog_Do_DB')
  const ignored = list('Binlog_Ignore_DB')
  const left = [...databases].filter((database) => (only.length > 0 && !only.includes(database)) || ignored.includes(database))
  return left.map((database) => ({
    code: 'MYSQL_BINLOG_DISABLED',
    message: `it leaves changes of the database '${database}' out of the binlog (binlog_do_db or binlog_ignore_db). Take the option out of its configuration, and restart it.`,
  }))
}

async function isReplica(connection: Connection, mariadb: boolean): Promise<boolean> {
  try {
    const [rows] = await connection.query<RowDataPacket[]>(mariadb ? 'SHOW ALL SLAVES STATUS' : 'SHOW REPLICA STATUS')
    return rows.length > 0
  } catch {
    // Asked without the right to know, the safe answer is the one that a replica would give.
    return false
  }
}
