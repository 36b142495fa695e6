import type { Connection, RowDataPacket } from 'mysql2/promise'
import { MysqlConnectorError } from '../errors.ts'
import { purged } from './binlog/stream-failure.ts'
import type { SourcePosition } from './position.ts'
import { firstRow, type ServerInfo } from './server.ts'
import type { StreamPosition } from './stream-position.ts'

/**
 * The committed place, if this server can go on from it. (MariaDB tells when it is asked for the stream.)
 * @throws {MysqlConnectorError} MYSQL_BINLOG_PURGED, MYSQL_SERVER_CHANGED
 */
export async function requireStreamPosition(
  connection: Connection,
  server: ServerInfo,
  position: SourcePosition,
): Promise<StreamPosition> {
  const { stream } = position
  if (server.mariadb || stream.gtid?.includes(':') === false) {
    const sameKind = server.mariadb && stream.gtid !== undefined && !stream.gtid.includes(':')
    if (sameKind || stream.gtid === '') return stream
    throw otherServer('the position is of the other kind of server (MySQL, MariaDB)')
  }
  if (stream.gtid !== undefined) {
    if (!server.gtid) throw otherServer('the position is a set of GTIDs, and this server has gtid_mode other than ON')
    const row = await firstRow(
      connection,
      'SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?) AS purged, GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS unknown',
      [stream.gtid, stream.gtid],
    )
    if (String(row?.['purged']) !== '') throw purged(`transactions ${compact(row?.['purged'])} are purged`)
    if (String(row?.['unknown']) !== '')
      throw otherServer(`transactions ${compact(row?.['unknown'])}, which were read already, are not known to it`)
    return stream
  }
  if (position.server !== server.uuid) {
    throw otherServer(`the position is a place in the files of the server ${position.server}, this is ${server.uuid}`)
  }
  const [files] = await connection.query<RowDataPacket[]>('SHOW BINARY LOGS')
  const file = files.find((row) => row['Log_name'] === stream.file)
  if (file === undefined) throw purged(`the file ${stream.file} is gone`)
  if (Number(file['File_size']) < stream.offset) throw otherServer(`its file ${stream.file} ends before the position`)
  return stream
}

function otherServer(why: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_SERVER_CHANGED',
    `This server cannot go on where reading stopped: ${why}. Connect to the server that was read before, or to one of its replication group that has caught up; or start under a new application id, which takes a new snapshot.`,
  )
}

function compact(gtids: unknown): string {
  return String(gtids).replace(/\s/g, '')
}
