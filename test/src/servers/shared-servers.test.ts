import { createConnection } from 'mysql2/promise'
import { describe, expect, inject, it } from 'vitest'
import { freshDatabase } from '../support/fresh-database.ts'

describe('the servers that all integration tests share', () => {
  it.each(['mysqlUrl', 'mariadbUrl'] as const)('%s has the binlog that the connector requires', async (server) => {
    const database = await freshDatabase(inject(server))
    const connection = await createConnection(database.url)
    const [rows] = await connection.query(
      'SELECT @@log_bin AS log_bin, @@binlog_format AS format, @@binlog_row_image AS image, @@binlog_row_metadata AS metadata, DATABASE() AS name',
    )
    await connection.end()
    await database.drop()
    expect(rows).toEqual([{ log_bin: 1, format: 'ROW', image: 'FULL', metadata: 'FULL', name: database.name }])
  })
})
