/** How a MySQL server is reached: options, TLS, connections. */
export { connect, driverOptions, unavailable } from './connect.ts'
export {
  type MysqlEnds,
  type MysqlEndsOptions,
  type MysqlOptions,
  type MysqlServer,
  type MysqlServerOptions,
  type MysqlTlsOptions,
  mysqlOptions,
} from './options.ts'
