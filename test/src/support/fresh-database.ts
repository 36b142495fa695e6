import { createConnection } from 'mysql2/promise'
import { uniqueName } from './unique-name.ts'

/** An empty database on a shared server. Stays until the server's data is deleted, unless dropped. */
export interface FreshDatabase {
  readonly name: string
  /** The server's address with this database as the default one. */
  readonly url: string
  drop(): Promise<void>
}

export async function freshDatabase(serverUrl: string, prefix = 'test'): Promise<FreshDatabase> {
  const name = uniqueName(prefix)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await execute(serverUrl, `CREATE DATABASE ${name}`)
  return { name, url: url.href, drop: () => execute(serverUrl, `DROP DATABASE ${name}`) }
}

async function execute(url: string, statement: string): Promise<void> {
  const connection = await createConnection(url)
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}
