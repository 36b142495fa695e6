import type { AnyBinlogEvent } from '@vlasky/zongji'
import { MysqlConnectorError, type MysqlErrorCode } from '../../errors.ts'
import type { ByteReader } from '../../types/columns/index.ts'
import { tableName } from '../../types/table-name.ts'
import type { ServerInfo } from '../server.ts'
import { compareFileOffsets, type FileOffset, type GtidTracker, gtidTracker, type StreamPosition } from '../stream-position.ts'
import type { BinlogReceiver } from './binlog-connection.ts'
import { commitTimeOf } from './commit-time.ts'
import * as event from './event-code.ts'
import { readRows, type RowsReceiver, rowsTableId } from './rows-event.ts'
import { opensTransaction, statementEffect } from './statement.ts'
import type { TableFormats } from './table-formats.ts'

/** What the rows of transactions go to. */
export interface TransactionsListener {
  /** Undefined: rows of this topic are not wanted now. */
  receiver(topic: string): RowsReceiver | undefined
  /** After each event that held rows. */
  rowsRead(): void
  /** Between two transactions, or a sign of life: `position` is up to date. */
  boundary(): void
}

/**
 * - `between`: nothing is open
 * - `announced`: a GTID was read; a transaction or a single statement follows
 * - `open`: rows may come until the commit
 */
type State = 'between' | 'announced' | 'open'

const IGNORABLE = 0x80

/**
 * Follows the transactions of a binlog: whose rows come, when they are committed, and what the position is between them.
 * Whatever could mean that rows are missing or not what they seem is an error, before the position moves past it.
 */
export class Transactions implements BinlogReceiver {
  /** When the transaction was committed whose rows are being read, ms since the epoch. */
  commitTime: number = 0
  /** The server has nothing more to send. */
  idle: boolean = false
  readonly #server: ServerInfo
  readonly #formats: TableFormats
  readonly #listener: TransactionsListener
  readonly #gtids: GtidTracker | undefined
  #state: State = 'between'
  #gtid: string | undefined
  #file: string
  #offset: number
  /**
   * File and offset are where the stream is. After a start from GTIDs they are not known (the server may be another one than
   * the position's) until something tells that comes after those GTIDs.
   */
  #placed: boolean
  #rows = 0

  constructor(server: ServerInfo, from: StreamPosition, formats: TableFormats, listener: TransactionsListener) {
    this.#server = server
    this.#formats = formats
    this.#listener = listener
    this.#gtids = from.gtid === undefined ? undefined : gtidTracker(server.mariadb, from.gtid)
    this.#file = from.file
    this.#offset = from.offset
    this.#placed = from.gtid === undefined
  }

  /** Nothing of a transaction is read that is not read to its end. */
  get betweenTransactions(): boolean {
    return this.#state !== 'open'
  }

  /** It is known where in the server's files this is. */
  get placed(): boolean {
    return this.#placed
  }

  /** After the last transaction that was read to its end. */
  get position(): StreamPosition {
    const place = { file: this.#file, offset: this.#offset }
    return this.#gtids === undefined ? place : { gtid: this.#gtids.toString(), ...place }
  }

  hasReached(place: FileOffset): boolean {
    return this.#placed && compareFileOffsets({ file: this.#file, offset: this.#offset }, place) >= 0
  }

  raw(code: number, flags: number, timestamp: number, body: ByteReader): boolean {
    switch (event.eventKind(code)) {
      case 'rows':
        this.#readRows(code, body)
        return true
      case 'table-map':
        this.#formats.map(body)
        return true
      case 'partial-rows':
        if (this.#formats.get(rowsTableId(body)) !== undefined) throw unreadable(code)
        return true
      case 'load-data':
        throw refused('LOAD DATA')
      case 'unknown':
        if ((flags & IGNORABLE) === 0) throw unreadable(code)
        return true
      case 'decoded':
        this.commitTime = commitTimeOf(code, timestamp, body) ?? this.commitTime
        return false
      case 'without-rows':
        return false
    }
  }

  decoded(decoded: AnyBinlogEvent): void {
    switch (decoded.getTypeName()) {
      case 'Rotate':
        return this.#rotate(decoded as Extract<AnyBinlogEvent, { binlogName: string; position: number }>)
      case 'Gtid':
      case 'AnonymousGtid':
      case 'MariadbGtid':
        return this.#begin(decoded)
      case 'Query':
        return this.#statement(decoded as Extract<AnyBinlogEvent, { query: string }>)
      case 'Xid':
        return this.#commit(decoded.nextPosition)
      case 'XaPrepare':
        return this.#prepared(decoded as Extract<AnyBinlogEvent, { onePhase: boolean }>)
      default:
        // Signs of life, and what a file begins with.
        if (this.#state !== 'between') return
        this.idle = decoded.getTypeName() === 'Heartbeat'
        this.#moveTo(decoded.nextPosition)
        // MariaDB repeats its list of GTIDs, without a time, where a start from GTIDs has found its place.
        if (this.idle || (decoded.getTypeName() === 'MariadbGtidList' && decoded.timestamp === 0)) this.#placed = true
        this.#listener.boundary()
    }
  }

  #readRows(code: number, body: ByteReader): void {
    const formats = this.#formats.get(rowsTableId(body))
    const operation = event.rowsOperation(code)
    if (formats === undefined || operation === undefined) return
    const { buffer, position, end } = body
    for (const format of formats) {
      const receiver = this.#listener.receiver(format.captured.topic)
      if (receiver === undefined) continue
      this.#rows++
      readRows(code, operation, body.set(buffer, position, end), format, receiver)
    }
    this.#listener.rowsRead()
  }

  #begin(decoded: AnyBinlogEvent): void {
    if (this.#state === 'open') throw incomplete()
    this.idle = false
    this.#gtid = decoded.getTypeName() === 'AnonymousGtid' ? undefined : decoded.gtid
    this.#rows = 0
    // MariaDB's GTID is also the BEGIN, but for single statements.
    this.#state = 'standalone' in decoded && !decoded.standalone ? 'open' : 'announced'
  }

  #statement({
    query,
    schema,
    nextPosition,
  }: {
    readonly query: string
    readonly schema: string
    readonly nextPosition: number
  }): void {
    const effect = statementEffect(query, schema)
    switch (effect.kind) {
      case 'begin':
        if (this.#state !== 'open') this.#rows = 0
        this.#state = 'open'
        return
      case 'xa-start':
        this.#state = 'open'
        return
      case 'commit':
        return this.#commit(nextPosition)
      case 'rollback':
        if (this.#rows > 0) throw rolledBack(query)
        return this.#commit(nextPosition)
      case 'rollback-to-savepoint':
        if (this.#rows > 0) throw rolledBack(query)
        return
      case 'changes-rows':
        throw refused(shown(query))
      case 'definition':
        this.#definition(effect, query)
        break
      case 'none':
    }
    if (opensTransaction(query)) this.#state = 'open'
    // In a transaction: SAVEPOINT, XA END and the like. Otherwise a statement that is its own transaction.
    else if (this.#state !== 'open') this.#commit(nextPosition)
  }

  #definition(effect: Extract<ReturnType<typeof statementEffect>, { kind: 'definition' }>, query: string): void {
    const lost = effect.lost.find((name) => this.#formats.isCaptured(name))
    if (lost !== undefined) {
      throw new MysqlConnectorError(
        'MYSQL_TABLE_CHANGED',
        `The rows of ${lost.table === '*' ? `all tables of ${lost.database}` : tableName(lost)} went away without a change of each being logged, by: ${shown(query)}. Reading stopped before it. ` +
          'Leave the table out of the topology and start, so that the position moves past the statement; then take it in again, which takes a new snapshot. Rows that are on the topic by then stay there.',
      )
    }
    for (const name of effect.altered) this.#formats.altered(tableName(name), shown(query))
  }

  #prepared({ onePhase, nextPosition }: { readonly onePhase: boolean; readonly nextPosition: number }): void {
    if (onePhase || this.#rows === 0) return this.#commit(nextPosition)
    throw new MysqlConnectorError(
      'MYSQL_EVENT_UNSUPPORTED',
      'An XA transaction changed a captured table in two phases. Its rows are in the binlog before it is known whether they will be committed, so they cannot be passed on exactly. Reading stopped before it. ' +
        'Use ordinary transactions, or XA COMMIT … ONE PHASE, for tables that are read; to go on, leave the table out, start, and take it in again, which takes a new snapshot.',
    )
  }

  #commit(nextPosition: number): void {
    if (this.#gtid !== undefined) this.#gtids?.add(this.#gtid)
    this.#gtid = undefined
    this.#state = 'between'
    this.#rows = 0
    this.#formats.endOfTransaction()
    this.#moveTo(nextPosition)
    this.#placed = true
    this.#listener.boundary()
  }

  #rotate({ binlogName, position }: { readonly binlogName: string; readonly position: number | string }): void {
    if (this.#state === 'open') throw incomplete()
    this.#file = binlogName
    this.#offset = Number(position)
    this.#listener.boundary()
  }

  /**
   * Offsets in events have 32 bits only, and artificial events have none. Without GTIDs a place beyond 4 GiB could not be asked
   * for again.
   */
  #moveTo(nextPosition: number): void {
    if (nextPosition === 0) return
    const lower = this.#offset % 2 ** 32
    const offset = this.#offset - lower + nextPosition + (nextPosition < lower ? 2 ** 32 : 0)
    if (offset >= 2 ** 32 && this.#gtids === undefined) {
      throw new MysqlConnectorError(
        'MYSQL_EVENT_UNSUPPORTED',
        `The binlog file ${this.#file} is longer than 4 GiB, and the server has no GTIDs: positions beyond cannot be told. Set gtid_mode = ON, or split the transaction that is so large.`,
      )
    }
    this.#offset = offset
  }
}

function incomplete(): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    'The binlog holds a transaction without an end: the server stopped while writing it. Nothing of it was passed on; reading is tried again from before it.',
    { retriable: true },
  )
}

function unreadable(code: number): MysqlConnectorError {
  const [what, kind]: readonly [string, MysqlErrorCode] = UNREADABLE.get(code) ?? [
    `the binlog holds an event of type ${code}, which this version does not know`,
    'MYSQL_EVENT_UNSUPPORTED',
  ]
  return new MysqlConnectorError(
    kind,
    `Changes cannot be read: ${what}. Reading stopped before it, so that none is lost unseen. When that is put right, begin anew with a new snapshot, under a new application id.`,
  )
}

const UNREADABLE: ReadonlyMap<number, readonly [string, MysqlErrorCode]> = new Map([
  [26, ['the server reports an incident: changes are missing from its binlog', 'MYSQL_EVENT_UNSUPPORTED']],
  [
    39,
    [
      'of changed JSON only the difference was logged (PARTIAL_UPDATE_ROWS): a session writes with binlog_row_value_options',
      'MYSQL_BINLOG_PARTIAL_JSON',
    ],
  ],
  [
    40,
    [
      'a transaction was logged compressed (TRANSACTION_PAYLOAD): a session writes with binlog_transaction_compression',
      'MYSQL_BINLOG_COMPRESSED',
    ],
  ],
])

function rolledBack(query: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_EVENT_UNSUPPORTED',
    `A transaction that changed a captured table is taken back in the binlog by: ${shown(query)}. This happens when it also changed a table of an engine without transactions. Nothing of it was passed on, and reading stopped before it. ` +
      'Keep such tables out of transactions on tables that are read; to go on, leave the table out, start, and take it in again, which takes a new snapshot.',
  )
}

function refused(statement: string): MysqlConnectorError {
  return new MysqlConnectorError(
    'MYSQL_STATEMENT_REFUSED',
    `A change was logged as a statement, so its rows are not in the binlog: ${statement}. A session writes with binlog_format other than ROW. Reading stopped before it. ` +
      'Take the right to do so from it (SESSION_VARIABLES_ADMIN, BINLOG ADMIN), and begin anew with a new snapshot, under a new application id.',
  )
}

/** Statements can be long, and hold values. */
function shown(query: string): string {
  const line = query
    .replace(/'(?:[^'\\]|\\.|'')*'/g, "'…'")
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
