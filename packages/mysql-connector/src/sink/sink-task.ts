import {
  type FetchedBatch,
  type Logger,
  type LogRecord,
  MillraceError,
  type SinkTask,
  type TopicPartition,
  type ViewPlan,
} from '@millrace/core'
import type { Connection } from 'mysql2/promise'
import { MysqlConnectorError } from '../errors.ts'
import { isMysqlKey } from '../rows/index.ts'
import { advanceOffset, claimOffset, createOffsetsTable, type OffsetOwner, type OwnedOffset } from './offset-store.ts'
import { type RowMapper, rowMapper } from './row-mapper.ts'
import { sinkFailure } from './sink-failure.ts'
import { SinkTable } from './sink-table.ts'
import { type SinkRow, sinkStatements } from './statements.ts'
import type { TargetTable } from './target-table.ts'
import type { ViewSpec } from './view-spec.ts'

/**
 * Session of a sink's connection: strict (a value that does not fit is an error, never bent), but taking what a source may
 * hold (zero and invalid dates, id 0), and with the escapes that sqlLiteral writes.
 */
const SINK_SESSION = [
  `SET NAMES utf8mb4`,
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'`,
  // No gap locks: partitions of one view write disjoint keys and must not wait for each other.
  `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`,
]

/**
 * Writes one partition of a view's topic. The rows of a batch and its offset change in one MySQL transaction, guarded by the
 * owner's epoch: a crash, a lost answer to COMMIT or an owner that does not know that it was replaced can neither double
 * nor undo a row. After an error the task is opened anew, which reads back what was committed.
 */
export class MysqlSinkTask implements SinkTask {
  readonly #view: ViewPlan
  readonly #spec: ViewSpec
  readonly #connect: () => Promise<Connection>
  readonly #mapper: RowMapper
  readonly #table: SinkTable
  #connection: Connection | undefined
  #owner: OffsetOwner | undefined
  #owned: OwnedOffset = { epoch: 0, offset: 0 }

  constructor(view: ViewPlan, spec: ViewSpec, connect: () => Promise<Connection>) {
    this.#view = view
    this.#spec = spec
    this.#connect = connect
    this.#mapper = rowMapper(spec, view.key.name.startsWith('windowed('))
    this.#table = new SinkTable(spec)
  }

  async open(partition: TopicPartition, logger: Logger): Promise<number> {
    const owner: OffsetOwner = { database: this.#spec.database, app: this.#view.app, ...partition }
    this.#owner = owner
    try {
      const connection = await this.#connected()
      await createOffsetsTable(connection, owner)
      this.#owned = await claimOffset(connection, owner)
      await this.#table.open(connection)
    } catch (error) {
      await this.#drop()
      throw sinkFailure(error, this.#spec, partition)
    }
    logger.debug('view opened', { view: this.#view.name, partition: partition.partition, ...this.#owned })
    return this.#owned.offset
  }

  async write(batch: FetchedBatch): Promise<void> {
    // Positions without records (transaction markers) need no transaction: they are skipped again after a restart.
    if (batch.records.length === 0) return
    const { upserts, deletions } = this.#rows(batch)
    try {
      const connection = await this.#connected()
      const target = await this.#table.fit(connection, upserts)
      await connection.beginTransaction()
      const to = batch.nextOffset
      if (!(await advanceOffset(connection, this.#owning, this.#owned, to))) throw this.#fenced()
      if (target !== undefined) {
        const rows = upserts.map((row) => this.#table.complete(row))
        for (const statement of sinkStatements(target, rows, this.#keysAsStored(target, deletions)))
          await connection.query(statement)
      }
      await connection.commit()
      this.#owned = { epoch: this.#owned.epoch, offset: to }
    } catch (error) {
      await this.#drop()
      throw sinkFailure(error, this.#spec, batch)
    }
  }

  async close(): Promise<void> {
    await this.#connection?.end().catch(() => undefined)
    this.#connection = undefined
  }

  /** The last record of each key decides; deleted keys apart from rows. */
  #rows(batch: FetchedBatch): { readonly upserts: readonly SinkRow[]; readonly deletions: readonly SinkRow[] } {
    const last = new Map<string, LogRecord>()
    for (const record of batch.records) {
      if (record.keyStart < 0) throw this.#withoutKey(batch, record)
      const key = record.buffer.latin1Slice(record.keyStart, record.keyEnd)
      // Deleted first, so that the map's order is that of the last write.
      last.delete(key)
      last.set(key, record)
    }
    const upserts: SinkRow[] = []
    const deletions: SinkRow[] = []
    for (const record of last.values()) {
      const key = this.#view.key.decode(record.buffer, record.keyStart, record.keyEnd)
      if (record.valueStart < 0) deletions.push(this.#mapper.key(key))
      else upserts.push(this.#mapper.row(key, this.#view.value.decode(record.buffer, record.valueStart, record.valueEnd)))
    }
    return { upserts, deletions }
  }

  /** Keys of `mysqlTable` have binary columns as base64; a row's own columns say it in bytes. */
  #keysAsStored(target: TargetTable, keys: readonly SinkRow[]): readonly SinkRow[] {
    if (target.binaryKeys.size === 0 || !isMysqlKey(this.#view.key)) return keys
    return keys.map(
      (key) =>
        new Map(
          [...key].map(([column, value]) => [
            column,
            typeof value === 'string' && target.binaryKeys.has(column) ? Buffer.from(value, 'base64') : value,
          ]),
        ),
    )
  }

  async #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection
    const connection = await this.#connect()
    // An idle connection that breaks says so here and nowhere else; the next batch opens another.
    connection.on('error', () => {
      if (this.#connection === connection) this.#connection = undefined
    })
    for (const statement of SINK_SESSION) await connection.query(statement)
    this.#connection = connection
    return connection
  }

  /** The server rolls back what the connection left open. */
  async #drop(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    connection?.destroy()
  }

  get #owning(): OffsetOwner {
    if (this.#owner === undefined) throw new Error('write() was called before open()')
    return this.#owner
  }

  #fenced(): MillraceError {
    return new MillraceError(
      'FENCED',
      `Another process has taken over writing the view ${this.#view.name}, partition ${this.#owner?.partition} (epoch ${this.#owned.epoch} is over). This task stops; nothing it had not committed was written.`,
    )
  }

  #withoutKey(batch: FetchedBatch, record: LogRecord): MysqlConnectorError {
    return new MysqlConnectorError(
      'MYSQL_VIEW_MISMATCH',
      `A record without a key can't become a row of the view ${this.#view.name} (${batch.topic}, partition ${batch.partition}, offset ${record.offset}). Give records a key before the view: groupBy or selectKey.`,
      { location: { topic: batch.topic, partition: batch.partition, offset: record.offset } },
    )
  }
}
