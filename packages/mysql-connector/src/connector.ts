import type { Connector } from '@millrace/core'
import { connect, type MysqlEnds, mysqlOptions, type MysqlOptions } from './connection/index.ts'
import { MysqlSinkTask, type ViewSpec } from './sink/index.ts'
import { MysqlSourceTask, type TableSpec } from './source/index.ts'

declare module '@millrace/core' {
  interface ConnectorOptions {
    /** The server that `mysqlTable` reads and `mysqlView` writes, or one for each: `{ source, sink }`. */
    readonly mysql?: MysqlOptions
  }
}

/** What `mysqlTable` and `mysqlView` are read and written by. */
export const mysqlConnector: Connector<MysqlEnds> = {
  name: 'mysql',
  options: mysqlOptions,
  createSource: (feeds, { source }) =>
    new MysqlSourceTask(
      feeds.map((feed) => ({ topic: feed.topic, spec: feed.spec as TableSpec })),
      source,
    ),
  createSink: (view, { sink }) => new MysqlSinkTask(view, view.spec as ViewSpec, () => connect(sink)),
}
