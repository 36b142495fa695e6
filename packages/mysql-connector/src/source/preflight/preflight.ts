import type { Connection } from 'mysql2/promise'
import type { MysqlServer } from '../../connection/index.ts'
import type { CapturedTable } from '../captured-table.ts'
import type { ServerInfo } from '../server.ts'
import type { TableSpec } from '../table-spec.ts'
import { binlogProblems } from './binlog-problems.ts'
import { privilegeProblems } from './privilege-problems.ts'
import { type Problem, throwProblems } from './problem.ts'
import { inspectTable } from './table-problems.ts'

/**
 * Checks the server and each table, and finds out what must be known of the tables.
 * @throws {MysqlConnectorError} every problem at once, each with what to do
 */
export async function preflight(
  connection: Connection,
  address: MysqlServer,
  server: ServerInfo,
  feeds: readonly { readonly topic: string; readonly spec: TableSpec }[],
): Promise<readonly CapturedTable[]> {
  const databases = new Set(feeds.map(({ spec }) => spec.database))
  const problems: Problem[] = [
    ...(await privilegeProblems(connection, address, server.mariadb)),
    ...(await binlogProblems(connection, server.mariadb, databases)),
  ]
  const tables: CapturedTable[] = []
  for (const { topic, spec } of feeds) {
    const inspected = await inspectTable(connection, address, server, topic, spec)
    problems.push(...inspected.problems)
    if (inspected.table !== undefined) tables.push(inspected.table)
  }
  throwProblems(`${address.host}:${address.port}`, problems)
  return tables
}
