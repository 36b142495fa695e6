import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { MysqlServer } from '../../connection/index.ts'
import type { Problem } from './problem.ts'

/** Names of the two rights in GRANT statements; MariaDB has renamed one. */
const REPLICATION_SLAVE = /\bREPLICATION SLAVE\b(?! ADMIN)|\bALL PRIVILEGES ON \*\.\*/
const REPLICATION_CLIENT = /\bREPLICATION CLIENT\b|\bBINLOG MONITOR\b|\bALL PRIVILEGES ON \*\.\*/
/** `GRANT role TO user`: what a role gives is not listed. */
const ROLE = /^GRANT (?:(?! ON ).)* TO /

export async function privilegeProblems(
  connection: Connection,
  address: MysqlServer,
  mariadb: boolean,
): Promise<readonly Problem[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GRANTS FOR CURRENT_USER()')
  const grants = rows.flatMap((row) => Object.values(row).map(String))
  // Then the server itself tells what is missing, when the binlog is asked for.
  if (grants.some((grant) => ROLE.test(grant))) return []
  const missing = [
    ...(grants.some((grant) => REPLICATION_SLAVE.test(grant)) ? [] : ['REPLICATION SLAVE']),
    ...(grants.some((grant) => REPLICATION_CLIENT.test(grant)) ? [] : [mariadb ? 'BINLOG MONITOR' : 'REPLICATION CLIENT']),
  ]
  if (missing.length === 0) return []
  const list = missing.join(', ')
  return [
    {
      code: 'MYSQL_PRIVILEGE_MISSING',
      message: `the user '${address.user}' may not read the binlog: it lacks ${list}. Run: GRANT ${list} ON *.* TO ${currentUser(grants)};`,
    },
  ]
}

/** The account as the server names it, from its own GRANT statement. */
function currentUser(grants: readonly string[]): string {
  return /\bTO ((?:`[^`]*`|'[^']*')@(?:`[^`]*`|'[^']*'))/.exec(grants[0] ?? '')?.[1] ?? 'CURRENT_USER()'
}
