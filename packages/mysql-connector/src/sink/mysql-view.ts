import type { TopicSink, ViewKey, ViewValue } from '@millrace/core'
import type { z } from 'zod'
import { mysqlConnector } from '../connector.ts'
import { MysqlConnectorError } from '../errors.ts'
import { parseTableName } from '../types/table-name.ts'
import type { ViewSpec } from './view-spec.ts'

export interface MysqlViewOptions<Columns extends readonly string[], Column extends string | undefined> {
  /**
   * Columns of the primary key. A plain key goes into the one column; fields of an object key into the columns of their
   * names; `windowStart` and `windowEnd` take the bounds of a windowed key (DATETIME(3), UTC).
   */
  readonly key: Columns
  /** Column for values that are no objects: a count, a text. Objects go into the columns of their fields' names. */
  readonly value?: Column
  /**
   * Column types by name, as in CREATE TABLE, for columns that the view makes. Default by the value: bigint → BIGINT, number →
   * DOUBLE (BIGINT in a key), string → LONGTEXT (VARCHAR(255), compared by bytes, in a key), boolean → TINYINT(1), Date →
   * DATETIME(3) in UTC, Uint8Array → LONGBLOB, other objects → LONGTEXT with JSON (JSON when a schema names them).
   */
  readonly columns?: Readonly<Record<string, string>>
  /** Types of the value's columns; then the table has all of them from the start, also those that are null in the first row. */
  readonly schema?: z.ZodObject
  /** False: the table must exist. Default true: it is made with the first row. A table that exists is used as it is. */
  readonly create?: boolean
  /** Topic between the topology and the table. Default `<app>-<view name>-view`. */
  readonly topic?: string
}

/**
 * A table in MySQL or MariaDB that always shows the latest value of each key: upserted, and deleted when the value is null. Each row is
 * written exactly once: how far the topic is written stands in the table `millrace_offsets` of the same database and changes
 * in the same transaction.
 *
 * @param name `database.table`
 * @throws {MysqlConnectorError} MYSQL_VIEW_MISMATCH when the name or the key is no possible one
 *
 * @example
 * ```ts
 * import { topology, string, json } from '@millrace/core'
 * import { mysqlView } from '@millrace/mysql-connector'
 *
 * export const pages = topology('pages', (t) => {
 *   t.stream('views', { key: string(), value: json<{ page: string }>() })
 *     .groupBy((view) => view.page, { key: string() })
 *     .count({ as: 'views-by-page' })
 *     .to(mysqlView('site.views_by_page', { key: ['page'], value: 'views' }))
 * })
 * ```
 */
export function mysqlView<
  const Columns extends readonly [string, ...string[]],
  const Column extends string | undefined = undefined,
>(name: string, options: MysqlViewOptions<Columns, Column>): TopicSink<ViewKey<Columns>, ViewValue<Column>> {
  const spec = viewSpec(name, options)
  return {
    view: { connector: mysqlConnector, name, spec },
    ...(options.topic === undefined ? {} : { topic: options.topic }),
  }
}

function viewSpec(name: string, options: MysqlViewOptions<readonly string[], string | undefined>): ViewSpec {
  const twice = options.key.find((column, at) => options.key.indexOf(column) !== at)
  if (options.key.length === 0 || twice !== undefined) {
    throw new MysqlConnectorError(
      'MYSQL_VIEW_MISMATCH',
      `mysqlView('${name}') needs the columns of its primary key, each once${twice === undefined ? '' : `; '${twice}' is there twice`}: mysqlView('${name}', { key: ['id'] }).`,
    )
  }
  return {
    ...parseTableName(name),
    key: options.key,
    value: options.value,
    columns: options.columns ?? {},
    schema: options.schema,
    create: options.create ?? true,
  }
}
