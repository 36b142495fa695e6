import type { Connection, RowDataPacket } from 'mysql2/promise'
import { type Charsets, loadCharsets } from '../types/columns/index.ts'
import type { FileOffset, StreamPosition } from './stream-position.ts'

/** What must be known of a server before anything of it can be read exactly. */
export interface ServerInfo {
  readonly mariadb: boolean
  readonly version: string
  /** Transactions are numbered: positions are GTIDs. */
  readonly gtid: boolean
  /** MySQL's server_uuid. */
  readonly uuid: string | undefined
  readonly charsets: Charsets
}

/** One meaning for all queries of the source: UTC, no SQL mode, snapshots that last for a transaction. */
export async function prepareSession(connection: Connection): Promise<void> {
  await connection.query('SET NAMES utf8mb4')
  await connection.query(`SET SESSION sql_mode = '', time_zone = '+00:00', wait_timeout = ${WEEK_S}`)
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
}

const WEEK_S = 604_800

export async function inspectServer(connection: Connection): Promise<ServerInfo> {
  const version = String((await firstRow(connection, 'SELECT VERSION() AS version'))?.['version'])
  const mariadb = /mariadb/i.test(version)
  const charsets = await loadCharsets(connection, mariadb)
  if (mariadb) return { mariadb, version, gtid: true, uuid: undefined, charsets }
  const variables = await firstRow(connection, 'SELECT @@GLOBAL.gtid_mode AS gtidMode, @@GLOBAL.server_uuid AS uuid')
  return { mariadb, version, gtid: variables?.['gtidMode'] === 'ON', uuid: String(variables?.['uuid']), charsets }
}

/** The end of the binlog: every transaction that anybody can see is before it. */
export async function binlogEnd(connection: Connection, mariadb: boolean): Promise<FileOffset> {
  const row = await binlogStatus(connection, mariadb)
  return { file: String(row?.['File']), offset: Number(row?.['Position']) }
}

/**
 * A position from which every transaction will come that is not yet visible to a query. A transaction is in the binlog a
 * little before it is visible; MySQL's `gtid_executed` is what is visible. On MariaDB, and without GTIDs, it is the binlog's
 * end: there the snapshot makes sure to see what is before it (see ChunkReader).
 */
export async function currentPosition(connection: Connection, server: ServerInfo): Promise<StreamPosition> {
  const end = await binlogEnd(connection, server.mariadb)
  if (!server.gtid) return end
  const row = server.mariadb
    ? await firstRow(connection, `SELECT BINLOG_GTID_POS(?, ${end.offset}) AS gtid`, [end.file])
    : await firstRow(connection, 'SELECT @@GLOBAL.gtid_executed AS gtid')
  return { gtid: String(row?.['gtid']).replace(/\s/g, ''), ...end }
}

export async function firstRow(
  connection: Connection,
  sql: string,
  values: readonly string[] = [],
): Promise<RowDataPacket | undefined> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, [...values])
  return rows[0]
}

/** Undefined: the server writes no binlog. */
export async function binlogStatus(connection: Connection, mariadb: boolean): Promise<RowDataPacket | undefined> {
  if (mariadb) return await firstRow(connection, 'SHOW MASTER STATUS')
  try {
    return await firstRow(connection, 'SHOW BINARY LOG STATUS')
  } catch (error) {
    // Before MySQL 8.2 the statement had another name.
    if ((error as { readonly errno?: unknown }).errno !== PARSE_ERROR) throw error
    return await firstRow(connection, 'SHOW MASTER STATUS')
  }
}

const PARSE_ERROR = 1064
