import { GtidSet, MariadbGtidPosition } from '@vlasky/zongji'

/**
 * A place in the binlog between two transactions. Where the server numbers transactions (GTIDs) it is the set of those that
 * are processed, which any server of the same replication group understands; file and offset are then for comparing and for
 * people. Otherwise file and offset are the place.
 */
export interface StreamPosition {
  /** MySQL: a GTID set; MariaDB: the last GTID of each domain; absent: the server has none. */
  readonly gtid?: string
  readonly file: string
  readonly offset: number
}

/** A place in the binlog's files. */
export interface FileOffset {
  readonly file: string
  readonly offset: number
}

/** Files are numbered (`binlog.000123`); the number may outgrow its digits. */
export function compareFileOffsets(a: FileOffset, b: FileOffset): number {
  return fileNumber(a.file) - fileNumber(b.file) || a.offset - b.offset
}

function fileNumber(file: string): number {
  return Number(file.slice(file.lastIndexOf('.') + 1))
}

/** Transactions that are processed, one added after the other. Adding is cheap; the text is made when it is asked for. */
export interface GtidTracker {
  add(gtid: string): void
  toString(): string
}

export function gtidTracker(mariadb: boolean, start: string): GtidTracker {
  return mariadb ? new MariadbTracker(start) : new MysqlTracker(start)
}

/** Sets of ranges: transactions of one source mostly follow each other, so a range grows before it is taken into the set. */
class MysqlTracker implements GtidTracker {
  #set: string
  /** Source, with its tag if it has one, and the range that grows. */
  #source = ''
  #first = 0
  #last = 0

  constructor(start: string) {
    this.#set = GtidSet.parse(start).toString()
  }

  add(gtid: string): void {
    const colon = gtid.lastIndexOf(':')
    const number = Number(gtid.slice(colon + 1))
    if (number === this.#last + 1 && colon === this.#source.length && gtid.startsWith(this.#source)) {
      this.#last = number
      return
    }
    this.#fold()
    this.#source = gtid.slice(0, colon)
    this.#first = number
    this.#last = number
  }

  toString(): string {
    this.#fold()
    return this.#set
  }

  #fold(): void {
    if (this.#source === '') return
    const grown = `${this.#source}:${this.#first}-${this.#last}`
    this.#set = GtidSet.parse(this.#set === '' ? grown : `${this.#set},${grown}`).toString()
    this.#source = ''
    this.#last = 0
  }
}

/** The last transaction of each domain. */
class MariadbTracker implements GtidTracker {
  readonly #position: MariadbGtidPosition
  #last = ''

  constructor(start: string) {
    this.#position = MariadbGtidPosition.parse(start)
  }

  add(gtid: string): void {
    if (gtid.slice(0, gtid.indexOf('-')) !== this.#last.slice(0, this.#last.indexOf('-'))) this.#fold()
    this.#last = gtid
  }

  toString(): string {
    this.#fold()
    return this.#position.toString()
  }

  #fold(): void {
    if (this.#last === '') return
    const [domainId = '', serverId = '', seqNo = ''] = this.#last.split('-')
    this.#position.add({ domainId: Number(domainId), serverId: Number(serverId), seqNo })
    this.#last = ''
  }
}
