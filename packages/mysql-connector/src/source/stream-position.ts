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

/** Transactions that are processed, one added after the other. */
export interface GtidTracker {
  add(gtid: string): void
  toString(): string
}

export function gtidTracker(mariadb: boolean, start: string): GtidTracker {
  return mariadb ? new MariadbTracker(start) : GtidSet.parse(start)
}

class MariadbTracker implements GtidTracker {
  readonly #position: MariadbGtidPosition

  constructor(start: string) {
    this.#position = MariadbGtidPosition.parse(start)
  }

  add(gtid: string): void {
    const [domainId = '', serverId = '', seqNo = ''] = gtid.split('-')
    this.#position.add({ domainId: Number(domainId), serverId: Number(serverId), seqNo })
  }

  toString(): string {
    return this.#position.toString()
  }
}
