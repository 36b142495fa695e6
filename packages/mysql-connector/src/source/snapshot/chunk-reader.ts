import type { Connection, RowDataPacket } from 'mysql2/promise'
import { MysqlConnectorError } from '../../errors.ts'
import { binlogEnd, firstRow, type ServerInfo } from '../server.ts'
import { compareFileOffsets, type FileOffset, type StreamPosition } from '../stream-position.ts'
import type { ChunkQuery, SnapshotRow } from './chunk-query.ts'

/** Rows of a table in the order of its key, and a place in the binlog that is after everything they show. */
export interface Chunk {
  readonly rows: readonly SnapshotRow[]
  /** Key of its last row; `end`: there were no more rows. */
  readonly end: readonly string[] | 'end'
  readonly high: FileOffset
}

/**
 * Reads chunks such that each shows all of `after` (every transaction up to that position), and nothing beyond its `high`.
 *
 * A transaction is in the binlog a little before the engine makes it visible. So:
 * - MySQL with GTIDs: `gtid_executed` is what is visible; we wait until it holds `after`. What is visible is in the binlog, so
 *   the binlog's end after the query is a `high`.
 * - MariaDB: a consistent snapshot knows its exact place in the binlog; we take one that is not before `after`.
 * - MySQL without GTIDs: nobody tells what is visible, so the query locks what it reads (FOR SHARE), and thereby waits for the
 *   transactions that are between the binlog and the engine.
 */
export class ChunkReader {
  readonly #connection: Connection
  readonly #server: ServerInfo

  constructor(connection: Connection, server: ServerInfo) {
    this.#connection = connection
    this.#server = server
  }

  async read(query: ChunkQuery, cursor: readonly string[] | null, limit: number, after: StreamPosition): Promise<Chunk> {
    if (this.#server.mariadb) return await this.#fromSnapshot(query, cursor, limit, after)
    if (after.gtid !== undefined) await this.#waitForGtids(after.gtid)
    // Locks of rows only, not of the gaps between them.
    else await this.#connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
    const rows = await this.#rows(query, query.select(cursor, limit, after.gtid === undefined), limit)
    return { ...rows, high: await binlogEnd(this.#connection, false) }
  }

  /** For each key, whether the snapshot has passed it when it is at `cursor`. */
  async passed(query: ChunkQuery, keys: readonly (readonly string[])[], cursor: readonly string[]): Promise<readonly boolean[]> {
    const passed: boolean[] = []
    for (let i = 0; i < keys.length; i += KEYS_PER_QUERY) {
      const sql = query.compare(keys.slice(i, i + KEYS_PER_QUERY), cursor)
      const [[row]] = await this.#connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true })
      for (const value of row ?? []) passed.push(Number(value) === 1)
    }
    return passed
  }

  async #fromSnapshot(query: ChunkQuery, cursor: readonly string[] | null, limit: number, after: FileOffset): Promise<Chunk> {
    for (let attempt = 0; ; attempt++) {
      await this.#connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
      const high = await this.#snapshotPlace()
      if (compareFileOffsets(high, after) >= 0) {
        const rows = await this.#rows(query, query.select(cursor, limit, false), limit)
        await this.#connection.query('COMMIT')
        return { ...rows, high }
      }
      await this.#connection.query('COMMIT')
      if (attempt === MAX_ATTEMPTS) throw notVisible()
      await new Promise((resolve) => setTimeout(resolve, attempt))
    }
  }

  async #snapshotPlace(): Promise<FileOffset> {
    const [rows] = await this.#connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'binlog_snapshot_%'")
    const status = new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), String(row['Value'])]))
    return { file: status.get('binlog_snapshot_file') ?? '', offset: Number(status.get('binlog_snapshot_position')) }
  }

  async #waitForGtids(gtids: string): Promise<void> {
    const row = await firstRow(this.#connection, `SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ${VISIBLE_WITHIN_S}) AS timedOut`, [gtids])
    if (Number(row?.['timedOut']) !== 0) throw notVisible()
  }

  async #rows(query: ChunkQuery, sql: string, limit: number): Promise<Omit<Chunk, 'high'>> {
    const [result] = await this.#connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true })
    const last = result.at(-1)
    const end = last === undefined || result.length < limit ? 'end' : query.keyTexts(last)
    return { rows: query.rows(result), end }
  }
}

/** MySQL takes up to 4096 columns. */
const KEYS_PER_QUERY = 1000
const VISIBLE_WITHIN_S = 30
const MAX_ATTEMPTS = 200

function notVisible(): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_UNAVAILABLE',
    `Transactions that are in the binlog have not become visible within ${VISIBLE_WITHIN_S} s: they wait for a replica's acknowledgement, or the server is overloaded. The snapshot is tried again.`,
    { retriable: true },
  )
}
