import type { Logger } from '@millrace/core'
import { tableName } from '../../types/table-name.ts'
import { operationHeaders } from '../operation-headers.ts'
import type { FileOffset, StreamPosition } from '../stream-position.ts'
import type { HeldChange, TableFlow } from '../table-flow.ts'
import type { ChunkQuery } from './chunk-query.ts'
import type { Chunk, ChunkReader } from './chunk-reader.ts'

/** What a snapshot needs of the binlog stream and of the commits. */
export interface SnapshotStream {
  /** Between two transactions, now or as soon as it is; nothing is delivered then until `release`. */
  holdBetween(): Promise<void>
  /** The same, once the stream has come to this place. */
  holdAt(place: FileOffset): Promise<void>
  /** Lets it go on after `holdBetween` or `holdAt`. */
  release(): void
  /** At once, wherever it is, until the returned function is called. */
  holdNow(): () => void
  /** After the last whole transaction. */
  readonly position: StreamPosition
  /**
   * Begins to commit everything that was emitted, with the position and the tables' progress, and resolves when it has begun.
   * The stream is held between transactions.
   */
  commit(): Promise<void>
}

export interface SnapshotTable {
  readonly flow: TableFlow
  readonly query: ChunkQuery
}

/**
 * Takes tables from their rows to their changes, such that every row version goes out exactly once, in the order of its key's
 * history, while the table is being written.
 *
 * The table is read in chunks in the order of its key. Of a table of which the snapshot has passed the key `cursor`,
 * everything up to `cursor` has gone out and is followed through the binlog; what lies beyond has not gone out, and changes
 * to it are dropped, because a later chunk will show them. One chunk:
 *
 * 1. Between two transactions the stream is at p. From here on changes of the table are held.
 * 2. A query reads the rows after `cursor`, up to a new cursor c (or the table's end), in a state that shows everything up to
 *    p, and nothing that is after a place h (see ChunkReader).
 * 3. When the stream has come to h, it is stopped between two transactions. Every change that the query can have seen is now
 *    either before p, and went out or was dropped, or is held.
 * 4. Rows of the chunk whose key was not touched by a held change go out. Then the held changes with keys up to c go out, in
 *    their order: where the query had seen them already, its row was left out; where it had not, they come after nothing. Held
 *    changes beyond c are dropped.
 * 5. Records, the position and c are committed together. A crash before that begins the chunk again, from p and `cursor`.
 *
 * While a change is held nothing is committed, so that no position can be after a change that did not go out.
 *
 * This is DBLog's watermark method (Andreakis and Papapanagiotou, "DBLog: A Watermark Based Change-Data-Capture Framework",
 * 2019) with places in the binlog for watermarks, so that nothing is written to the source, and with changes beyond the
 * cursor dropped, so that no row goes out twice.
 */
export class Snapshot {
  readonly #stream: SnapshotStream
  readonly #reader: ChunkReader
  /** For comparing keys while the reader is busy. */
  readonly #comparer: ChunkReader
  readonly #logger: Logger
  #active: SnapshotTable | undefined
  #relief: Promise<void> | undefined
  #abandoned = false

  constructor(stream: SnapshotStream, reader: ChunkReader, comparer: ChunkReader, logger: Logger) {
    this.#stream = stream
    this.#reader = reader
    this.#comparer = comparer
    this.#logger = logger
  }

  /** One table after the other. */
  async run(tables: readonly SnapshotTable[], signal: AbortSignal): Promise<void> {
    for (const table of tables) {
      this.#active = table
      await this.#table(table, signal)
      this.#active = undefined
    }
  }

  /**
   * Called when rows were read: if the held changes grow too many for memory, the chunk under way is given up. What is held up
   * to the old cursor goes out, the rest is dropped: the chunk is read again after it, and will show it.
   */
  checkHeld(onFailure: (error: unknown) => void): void {
    const active = this.#active
    if (active === undefined || active.flow.heldBytes < MAX_HELD_BYTES || this.#relief !== undefined) return
    const release = this.#stream.holdNow()
    this.#abandoned = true
    this.#relief = this.#passed(active, this.#comparer, active.flow.cursor)
      .then((hasPassed) => {
        active.flow.sendHeld(hasPassed)
        this.#relief = undefined
        release()
      })
      .catch(onFailure)
  }

  async #table({ flow, query }: SnapshotTable, signal: AbortSignal): Promise<void> {
    const name = tableName(flow.captured.name)
    this.#logger.info('snapshot-started', { table: name, topic: flow.captured.topic, resumed: flow.cursor !== null })
    let rows = 0
    let limit = FIRST_CHUNK_ROWS
    await this.#stream.holdBetween()
    flow.beginSnapshot()
    while (flow.state === 'snapshot') {
      const after = this.#stream.position
      this.#abandoned = false
      this.#stream.release()
      const chunk = await this.#reader.read(query, flow.cursor, limit, after)
      signal.throwIfAborted()
      await this.#relief
      await this.#stream.holdAt(chunk.high)
      await this.#relief
      if (this.#abandoned) {
        this.#logger.info('snapshot-chunk-given-up', { table: name, rows: chunk.rows.length })
        limit = Math.max(MIN_CHUNK_ROWS, limit >>> 1)
        continue
      }
      await this.#finish({ flow, query }, chunk)
      rows += chunk.rows.length
      limit = nextLimit(chunk, limit)
    }
    this.#stream.release()
    this.#logger.info('snapshot-completed', { table: name, topic: flow.captured.topic, rows })
  }

  /** Steps 4 and 5; the stream is held. */
  async #finish(table: SnapshotTable, chunk: Chunk): Promise<void> {
    const { flow } = table
    const hasPassed = await this.#passed(table, this.#reader, chunk.end)
    // From here to the new cursor without a break: a commit in between would be of half a chunk.
    const now = Date.now()
    const touched = new Set(flow.held.map((change) => change.key))
    for (const row of chunk.rows) if (!touched.has(row.key)) flow.emit(row.key, row.value, now, operationHeaders.r)
    flow.sendHeld(hasPassed)
    if (chunk.end === 'end') flow.endSnapshot()
    else flow.cursor = chunk.end
    await this.#stream.commit()
  }

  /** Whether a snapshot at `cursor` has passed a held change's key. The changes stay held. */
  async #passed(
    { flow, query }: SnapshotTable,
    reader: ChunkReader,
    cursor: readonly string[] | null | 'end',
  ): Promise<(change: HeldChange) => boolean> {
    if (cursor === 'end') return () => true
    if (cursor === null || flow.held.length === 0) return () => false
    const keys = new Map(flow.held.map((change) => [change.key, change.keyTexts]))
    const answers = await reader.passed(query, [...keys.values()], cursor)
    const passed = new Set([...keys.keys()].filter((_, i) => answers[i]))
    return (change) => passed.has(change.key)
  }
}

const FIRST_CHUNK_ROWS = 1000
const MIN_CHUNK_ROWS = 100
const MAX_CHUNK_ROWS = 5_000
/** About what a chunk holds in memory. */
const CHUNK_BYTES = 2 << 20
const MAX_HELD_BYTES = 32 << 20

/** As many rows as fit the memory that a chunk may take, growing slowly: later rows may be longer. */
function nextLimit(chunk: Chunk, limit: number): number {
  const bytes = chunk.rows.reduce((sum, row) => sum + row.value.length + row.key.length, 0)
  const average = Math.max(1, bytes / Math.max(1, chunk.rows.length))
  return Math.round(Math.min(MAX_CHUNK_ROWS, 4 * limit, Math.max(1, CHUNK_BYTES / average)))
}
