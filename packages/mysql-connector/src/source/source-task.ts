import type { SourceTask, SourceTaskContext } from '@millrace/core'
import type { Connection } from 'mysql2/promise'
import { connect, type MysqlServer } from '../connection/index.ts'
import { TableFormats } from './binlog/table-formats.ts'
import { FeedReader } from './feed-reader.ts'
import { decodePosition } from './position.ts'
import { preflight } from './preflight/index.ts'
import { binlogEnd, currentPosition, inspectServer, prepareSession, type ServerInfo } from './server.ts'
import { ChunkQuery } from './snapshot/chunk-query.ts'
import { ChunkReader } from './snapshot/chunk-reader.ts'
import { Snapshot } from './snapshot/snapshot.ts'
import { sourceFailure } from './source-failure.ts'
import { requireStreamPosition } from './stream-start.ts'
import { TableFlow } from './table-flow.ts'
import type { TableSpec } from './table-spec.ts'

/** A table and the topic that its rows go to. */
export interface TableFeed {
  readonly topic: string
  readonly spec: TableSpec
}

/** What a run has made. */
interface Running {
  readonly server: ServerInfo
  readonly reader: FeedReader
  /** Resolves when every table is live. */
  readonly snapshot: Promise<void>
}

const REPORT_EVERY_MS = 1000

/**
 * Reads tables of one server: what they hold, then what changes. Any error ends it, retriable ones too: it is then made anew
 * and goes on from the last commit, with nothing in memory that could be stale.
 */
export class MysqlSourceTask implements SourceTask {
  readonly #feeds: readonly TableFeed[]
  readonly #address: MysqlServer
  readonly #running = Promise.withResolvers<Running>()
  /** Rejects with what ended the run. */
  readonly #ended = Promise.withResolvers<never>()

  constructor(feeds: readonly TableFeed[], address: MysqlServer) {
    this.#feeds = feeds
    this.#address = address
    this.#running.promise.catch(() => undefined)
    this.#ended.promise.catch(() => undefined)
  }

  /** @throws {MysqlConnectorError} what preflight finds; later what the binlog or the server make impossible */
  async run(context: SourceTaskContext): Promise<void> {
    const connections: Connection[] = []
    const open = async (): Promise<Connection> => {
      const connection = await connect(this.#address)
      connection.on('error', () => undefined)
      connections.push(connection)
      await prepareSession(connection)
      return connection
    }
    let failure: Error = new Error('the MySQL source was stopped')
    try {
      await this.#run(context, open)
    } catch (error) {
      failure = sourceFailure(this.#address, error)
      if (!context.signal.aborted) throw failure
    } finally {
      this.#running.reject(failure)
      this.#ended.reject(failure)
      for (const connection of connections) connection.destroy()
    }
  }

  async caughtUp(): Promise<void> {
    const { server, reader, snapshot } = await this.#running.promise
    const connection = await connect(this.#address)
    try {
      const end = await binlogEnd(connection, server.mariadb)
      await Promise.race([this.#ended.promise, Promise.all([snapshot, reader.reached(end)])])
      await Promise.race([this.#ended.promise, reader.committer.drained()])
    } finally {
      connection.destroy()
    }
  }

  async #run(context: SourceTaskContext, open: () => Promise<Connection>): Promise<void> {
    const { logger, signal } = context
    const control = await open()
    const server = await inspectServer(control)
    const captured = await preflight(control, this.#address, server, this.#feeds)
    const position = context.position === null ? null : decodePosition(context.position)
    const from =
      position === null ? await currentPosition(control, server) : await requireStreamPosition(control, server, position)

    const reader = new FeedReader(context, server, from, new TableFormats(server, captured), (clock) =>
      captured.map((table) => new TableFlow(table, position?.tables[table.topic], context, clock)),
    )
    const snapshot = new Snapshot(reader, new ChunkReader(await open(), server), new ChunkReader(control, server), logger)
    // One that was begun goes first: its changes are held from the start.
    const tables = [
      ...reader.flows.filter((flow) => flow.state === 'snapshot'),
      ...reader.flows.filter((flow) => flow.state === 'waiting'),
    ].map((flow) => ({ flow, query: new ChunkQuery(flow.captured, server.charsets) }))
    const stopped = Promise.withResolvers<void>()
    reader.onRows = () => snapshot.checkHeld(stopped.reject)
    signal.addEventListener('abort', () => stopped.resolve(), { once: true })
    if (signal.aborted) return

    // The place where a first start begins is kept at once: changes from here on are this application's.
    if (position === null) await reader.committer.begin()
    logger.info('binlog-reading', { server: server.version, tables: captured.length, ...from })
    const reporting = setInterval(() => this.#report(context, reader), REPORT_EVERY_MS)
    const snapshotting = snapshot.run(tables, signal)
    this.#running.resolve({ server, reader, snapshot: snapshotting })
    snapshotting.catch(stopped.reject)
    try {
      await Promise.race([stopped.promise, reader.run(this.#address), reader.committer.failed])
    } finally {
      clearInterval(reporting)
      reader.close()
    }
  }

  #report(context: SourceTaskContext, reader: FeedReader): void {
    const rows = reader.flows.reduce((sum, flow) => sum + flow.records, 0)
    const snapshots = reader.flows.filter((flow) => flow.state !== 'live').length
    context.report({ rows, snapshots, lagMs: reader.lagMs })
  }
}
