import type { AnyBinlogEvent } from '@vlasky/zongji'
import type { ByteReader } from '../../types/columns/index.ts'
import { tableName } from '../../types/table-name.ts'
import { compareFileOffsets, type FileOffset, type GtidTracker, gtidTracker, type StreamPosition } from '../stream-position.ts'
import type { BinlogReceiver } from './binlog-connection.ts'
import { commitTimeOf } from './commit-time.ts'
import * as event from './event-code.ts'
import { readRows, type RowsReceiver, rowsTableId } from './rows-event.ts'
import { fileTooLong, incomplete, refused, rolledBack, rowsLost, shown, twoPhases, unreadable } from './refusals.ts'
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

  constructor(mariadb: boolean, from: StreamPosition, formats: TableFormats, listener: TransactionsListener) {
    this.#formats = formats
    this.#listener = listener
    this.#gtids = from.gtid === undefined ? undefined : gtidTracker(mariadb, from.gtid)
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
        throw refused(query)
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
      throw rowsLost(lost, query)
    }
    for (const name of effect.altered) this.#formats.altered(tableName(name), shown(query))
  }

  #prepared({ onePhase, nextPosition }: { readonly onePhase: boolean; readonly nextPosition: number }): void {
    if (onePhase || this.#rows === 0) return this.#commit(nextPosition)
    throw twoPhases()
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
      throw fileTooLong(this.#file)
    }
    this.#offset = offset
  }
}
