import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { inject } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts'

/** Both kinds, for `describe.each`. */
export const kinds = ['mysql', 'mariadb'] as const
export type Kind = (typeof kinds)[number]

/** A database of its own on the shared server, and a connection that writes to it. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string
  readonly kind: Kind
  /** The server's address. */
  readonly url: string
  sql(statement: string): Promise<void>
  rows(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  connect(): Promise<Connection>
}

export async function testDatabase(
  kind: Kind,
  url: string = inject(kind === 'mysql' ? 'mysqlUrl' : 'mariadbUrl'),
): Promise<TestDatabase> {
  const database = await freshDatabase(url, 'source')
  const connections: Connection[] = []
  const connect = async (): Promise<Connection> => {
    const connection = await open(database)
    connections.push(connection)
    return connection
  }
  const connection = await connect()
  return {
    name: database.name,
    kind,
    url,
    connect,
    async sql(statement) {
      await connection.query(statement)
    },
    async rows(query) {
      const [rows] = await connection.query<RowDataPacket[]>(query)
      return rows
    },
    async [Symbol.asyncDispose]() {
      for (const one of connections) one.destroy()
      await database.drop()
    },
  }
}

async function open(database: FreshDatabase): Promise<Connection> {
  const url = new URL(database.url)
  const connection = await createConnection({
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: database.name,
    charset: 'utf8mb4',
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  })
  await connection.query(`SET time_zone = '+00:00', sql_mode = ''`)
  return connection
}
