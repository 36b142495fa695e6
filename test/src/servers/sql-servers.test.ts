import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type SqlServer, startMariadb, startMysql } from '@millrace/scripts/servers'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, inject, it } from 'vitest'
import { freshDatabase } from '../support/fresh-database.ts'
import { isAlive } from '../support/is-alive.ts'

describe.each([
  { name: 'MariaDB', start: startMariadb },
  { name: 'MySQL', start: startMysql },
])('a private $name', ({ start }) => {
  it('keeps what was committed when it is killed or stopped, answers on the same port again, and leaves nothing behind', async () => {
    const server = await start()
    try {
      await query(server, 'CREATE DATABASE shop')
      await query(server, 'CREATE TABLE shop.orders (id INT PRIMARY KEY)')
      await query(server, 'INSERT INTO shop.orders VALUES (1)')
      const { pid, url } = server
      await server.kill()
      expect(isAlive(pid)).toBe(false)
      await server.restart()
      expect(server.url).toBe(url)
      expect(server.pid).not.toBe(pid)
      await query(server, 'INSERT INTO shop.orders VALUES (2)')
      await server.stop({ keepData: true })
      expect(server.running).toBe(false)
      await server.restart()
      expect(await query(server, 'SELECT id FROM shop.orders ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
    } finally {
      await server.stop()
    }
    expect(existsSync(server.dataDir)).toBe(false)
    await expect(server.restart()).rejects.toMatchObject({ code: 'SERVER_STATE' })
  })

  it('takes arguments that differ from its own', async () => {
    const server = await start({ args: ['--binlog-row-image=MINIMAL'] })
    try {
      expect(await query(server, 'SELECT @@binlog_row_image AS image')).toEqual([{ image: 'MINIMAL' }])
    } finally {
      await server.stop()
    }
  })

  it('keeps its temporary tables to itself: one that starts deletes all that are in its folder', async () => {
    const server = await start()
    try {
      expect(await query(server, 'SELECT @@tmpdir AS folder')).toEqual([{ folder: join(server.dataDir, 'tmp') }])
    } finally {
      await server.stop()
    }
  })

  it('says why it did not start', async () => {
    await expect(start({ args: ['--no-such-option'] })).rejects.toMatchObject({
      code: 'SERVER_START_FAILED',
      message: expect.stringContaining('no-such-option') as string,
    })
  })
})

describe('the servers that all integration tests share', () => {
  it.each(['mysqlUrl', 'mariadbUrl'] as const)('%s has the binlog that the connector requires', async (address) => {
    const database = await freshDatabase(inject(address))
    const settings = await query(
      database,
      'SELECT @@log_bin AS log_bin, @@binlog_format AS format, @@binlog_row_image AS image, @@binlog_row_metadata AS metadata, DATABASE() AS name',
    )
    await database.drop()
    expect(settings).toEqual([{ log_bin: 1, format: 'ROW', image: 'FULL', metadata: 'FULL', name: database.name }])
  })
})

async function query(server: Pick<SqlServer, 'url'>, statement: string): Promise<unknown> {
  const connection = await createConnection(server.url)
  try {
    const [rows] = await connection.query<RowDataPacket[]>(statement)
    return rows
  } finally {
    await connection.end()
  }
}
