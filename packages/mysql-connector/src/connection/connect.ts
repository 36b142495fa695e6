import { type Connection, createConnection } from 'mysql2/promise'
import type { ConnectionOptions } from 'mysql2'
import { MysqlConnectorError } from '../errors.ts'
import type { MysqlServer } from './options.ts'

/** Options for mysql2: values come as exact text where JavaScript's numbers and dates would bend them. */
export function driverOptions(server: MysqlServer): ConnectionOptions {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    ...(server.password === undefined ? {} : { password: server.password }),
    ...(server.ssl === undefined ? {} : { ssl: driverTls(server) }),
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    connectTimeout: 10_000,
    enableKeepAlive: true,
    // LOCAL INFILE lets a server ask for any file of this machine.
    flags: ['-LOCAL_FILES'],
  }
}

/**
 * One connection, with a session that means the same on every server: UTC, utf8mb4, and the SQL mode of the defaults that
 * matter for reading (none).
 * @throws {MysqlConnectorError} MYSQL_UNAVAILABLE; retriable unless the server refused the user
 */
export async function connect(server: MysqlServer): Promise<Connection> {
  try {
    return await createConnection(driverOptions(server))
  } catch (error) {
    throw unavailable(server, error)
  }
}

const ACCESS_DENIED: ReadonlySet<unknown> = new Set([1044, 1045, 1698])

/** What to say when the server cannot be reached, or does not let us in. */
export function unavailable(server: MysqlServer, error: unknown): MysqlConnectorError {
  const where = `${server.host}:${server.port}`
  const { errno, code, message } = error as { readonly errno?: unknown; readonly code?: unknown; readonly message?: unknown }
  if (ACCESS_DENIED.has(errno)) {
    return new MysqlConnectorError(
      'MYSQL_UNAVAILABLE',
      `MySQL at ${where} does not let the user '${server.user}' in. Check user and password, and that the user may come from this host.`,
      { cause: error },
    )
  }
  if (typeof code === 'string' && /CERT|TLS|SSL|ALTNAME/.test(code)) {
    return new MysqlConnectorError(
      'MYSQL_UNAVAILABLE',
      `MySQL at ${where}: the TLS connection failed (${String(message)}). Check that the certificate is for '${server.host}', or give its authority as ssl.ca.`,
      { cause: error },
    )
  }
  return new MysqlConnectorError(
    'MYSQL_UNAVAILABLE',
    `MySQL at ${where} cannot be reached (${String(message) || String(code)}). Check the address, and that the server is running.`,
    { cause: error, retriable: true },
  )
}

function driverTls(server: MysqlServer): Exclude<ConnectionOptions['ssl'], string | undefined> {
  const tls = server.ssl ?? {}
  const verify = tls.verify ?? true
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    rejectUnauthorized: verify,
    // mysql2 leaves the host name unchecked by default.
    verifyIdentity: verify,
  }
}
