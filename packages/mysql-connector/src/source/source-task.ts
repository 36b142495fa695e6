import type { SourceTask, SourceTaskContext } from '@millrace/core'
import type { MysqlServer } from '../connection/index.ts'
import type { TableSpec } from './table-spec.ts'

/** A table and the topic that its rows go to. */
export interface TableFeed {
  readonly topic: string
  readonly spec: TableSpec
}

/** Reads the tables of one server: snapshot, then the binlog. */
export class MysqlSourceTask implements SourceTask {
  readonly #feeds: readonly TableFeed[]
  readonly #server: MysqlServer

  constructor(feeds: readonly TableFeed[], server: MysqlServer) {
    this.#feeds = feeds
    this.#server = server
  }

  async run(context: SourceTaskContext): Promise<void> {
    context.logger.info('mysql source', { host: this.#server.host, tables: this.#feeds.length })
    await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}
