/** Private MySQL and MariaDB servers with the binlog that the connector requires. */
export { startMariadb } from './mariadb.ts'
export { startMysql } from './mysql.ts'
export type { SqlServer, SqlServerOptions } from './sql-server.ts'
