import { connect as connectTcp, createServer, type Server as TcpServer, type Socket } from 'node:net'
import { MysqlConnectorError, mysqlTable } from '@millrace/mysql-connector'
import { type SqlServer, startMariadb, startMysql } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { waitUntil } from '../support/wait-until.ts'
import { RecordingSource } from './recording-source.ts'
import { kinds, type TestDatabase, testDatabase } from './server.ts'

describe.each(kinds)('%s', (kind) => {
  let server: SqlServer
  beforeAll(async () => {
    server = kind === 'mysql' ? await startMysql() : await startMariadb()
  })
  afterAll(async () => await server.stop())

  const started = async (database: TestDatabase): Promise<RecordingSource> => {
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, v INT)')
    return await new RecordingSource(server.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
  }

  it('a reader whose connection is killed goes on where it was', async () => {
    await using database = await testDatabase(kind, server.url)
    await using source = await started(database)
    for (let i = 0; i < 3; i++) {
      await database.sql(`INSERT INTO t VALUES (${i}, 1)`)
      const [dump] = await database.rows(`SELECT ID AS id FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'`)
      await database.sql(`KILL ${String(dump?.['id'])}`)
      await database.sql(`INSERT INTO t VALUES (${i + 10}, 1)`)
      await waitUntil(() => source.retries.length > i, { what: 'the reader noticed' })
      await source.caughtUp()
    }
    expect(source.committed.map(({ key }) => key)).toEqual(['0', '10', '1', '11', '2', '12'])
    expect(source.retries.every((error) => error instanceof MysqlConnectorError && error.code === 'MYSQL_UNAVAILABLE')).toBe(true)
  })

  it('goes on after the server was killed and came back', async () => {
    const database = await testDatabase(kind, server.url)
    await using source = await started(database)
    await database.sql('INSERT INTO t VALUES (1, 1)')
    await source.caughtUp()
    await server.kill()
    await server.restart()
    await using again = await testDatabase(kind, server.url)
    await again.sql(`INSERT INTO ${database.name}.t VALUES (2, 1)`)
    await source.caughtUp()
    expect(source.committed.map(({ key }) => key)).toEqual(['1', '2'])
  })

  it('a network that swallows everything is noticed by the silence', async () => {
    await using database = await testDatabase(kind, server.url)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY)')
    await using proxy = await swallowingProxy(server.port)
    await using source = await new RecordingSource(`mysql://root@127.0.0.1:${proxy.port}`, [mysqlTable(`${database.name}.t`)])
      .start()
      .caughtUp()
    proxy.swallow()
    await database.sql('INSERT INTO t VALUES (1)')
    await waitUntil(() => source.retries.length > 0, { what: 'the silence is noticed', timeoutMs: 60_000 })
    await source.caughtUp()
    expect(source.committed.map(({ key }) => key)).toEqual(['1'])
    expect(source.retries[0]?.message).toContain('nothing was heard')
  })

  const stops: readonly (readonly [statement: string, code: string, text: string])[] = [
    ['TRUNCATE TABLE t', 'MYSQL_TABLE_CHANGED', 'TRUNCATE TABLE t'],
    ['DROP TABLE t', 'MYSQL_TABLE_CHANGED', 'DROP TABLE'],
    ['RENAME TABLE t TO u', 'MYSQL_TABLE_CHANGED', 'RENAME TABLE t TO u'],
    ['ALTER TABLE t RENAME TO u', 'MYSQL_TABLE_CHANGED', 'RENAME'],
    [
      'ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, v); INSERT INTO t VALUES (1, 1)',
      'MYSQL_TABLE_CHANGED',
      'its primary key is now (id, v)',
    ],
    ['ALTER TABLE t DROP COLUMN v; INSERT INTO t VALUES (1)', 'MYSQL_TABLE_CHANGED', "no column 'v', which the schema asks for"],
    [
      'SET SESSION binlog_row_image = MINIMAL; UPDATE t SET v = 5; SET SESSION binlog_row_image = FULL',
      'MYSQL_EVENT_UNSUPPORTED',
      'binlog_row_image',
    ],
    [
      'SET SESSION binlog_format = STATEMENT; UPDATE t SET v = 5; SET SESSION binlog_format = ROW',
      'MYSQL_STATEMENT_REFUSED',
      'UPDATE t SET v = 5',
    ],
    ["XA START 'x'; UPDATE t SET v = 5; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'", 'MYSQL_EVENT_UNSUPPORTED', 'XA transaction'],
    ...(kind === 'mysql'
      ? ([
          [
            'SET SESSION binlog_transaction_compression = ON; UPDATE t SET v = 5; SET SESSION binlog_transaction_compression = OFF',
            'MYSQL_BINLOG_COMPRESSED',
            'TRANSACTION_PAYLOAD',
          ],
        ] as const)
      : []),
  ]

  it.each(stops)('stops before: %s', async (statement, code, text) => {
    await using database = await testDatabase(kind, server.url)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (7, 7)')
    const schema = z.object({ id: z.int(), v: z.int() })
    await using source = await new RecordingSource(server.url, [mysqlTable(`${database.name}.t`, { schema })]).start().caughtUp()
    await database.sql('CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO t VALUES (8, 8)')
    await source.caughtUp()
    const position = source.positions.at(-1)
    await database.sql(statement)
    const failure = await source.failed()
    expect(failure).toMatchObject({ code })
    expect(failure.message).toContain(text)
    expect(source.committed.map(({ key }) => key)).toEqual(['7', '8'])
    expect(source.positions.at(-1)).toBe(position)
  })

  it('statements about other tables, and XA in one phase, do no harm', async () => {
    await using database = await testDatabase(kind, server.url)
    await using source = await started(database)
    await database.sql(`CREATE TABLE other (id INT PRIMARY KEY, v INT); TRUNCATE other; ALTER TABLE other RENAME TO t2; DROP TABLE t2;
      CREATE TEMPORARY TABLE t3 (id INT); INSERT INTO t3 VALUES (1); DROP TEMPORARY TABLE t3; CREATE VIEW w AS SELECT 1; DROP VIEW w`)
    await database.sql(`XA START 'x'; INSERT INTO t VALUES (1, 1); XA END 'x'; XA COMMIT 'x' ONE PHASE`)
    await source.caughtUp()
    expect(source.committed.map(({ key }) => key)).toEqual(['1'])
  })

  it('new binlog files, other checksums and rows beyond a packet of the protocol are followed', async () => {
    await using database = await testDatabase(kind, server.url)
    await database.sql('SET GLOBAL max_allowed_packet = 64 << 20')
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)')
    await using source = await new RecordingSource(server.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    await database.sql(`INSERT INTO t VALUES (1, 'a'); FLUSH BINARY LOGS; INSERT INTO t VALUES (2, 'b')`)
    await source.caughtUp()
    const large = await database.connect()
    await large.query(`INSERT INTO t VALUES (3, REPEAT('é', 10000000))`)
    await source.caughtUp()
    for (const checksum of ['NONE', 'CRC32']) {
      await database.sql(`SET GLOBAL binlog_checksum = ${checksum}; INSERT INTO t VALUES (${checksum.length}, '${checksum}')`)
      await source.caughtUp()
    }
    expect(source.committed.map(({ key, value }) => [key, String(value?.['v']).length])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 10_000_000],
      ['4', 4],
      ['5', 5],
    ])
    await source.crash()
    await source.start().caughtUp()
    expect(source.committed).toHaveLength(5)
  })

  it('says so when the binlog that it needs is gone', async () => {
    await using database = await testDatabase(kind, server.url)
    await using source = await started(database)
    await source.crash()
    await database.sql('INSERT INTO t VALUES (1, 1); FLUSH BINARY LOGS; INSERT INTO t VALUES (2, 1); FLUSH BINARY LOGS')
    const logs = await database.rows('SHOW BINARY LOGS')
    const last = String(logs.at(-1)?.['Log_name'])
    await waitUntil(
      async () => {
        await database.sql(`PURGE BINARY LOGS TO '${last}'`)
        return (await database.rows('SHOW BINARY LOGS')).length === 1
      },
      { what: 'the binlog is purged' },
    )
    const failure = await source.start().failed()
    expect(failure).toMatchObject({ code: 'MYSQL_BINLOG_PURGED' })
    expect(failure.message).toContain('Choose: (1)')
    expect(source.committed).toEqual([])
  })
})

describe('variants of the binlog', () => {
  it('MariaDB with log_bin_compress', async () => {
    const server = await startMariadb({ args: ['--log-bin-compress=ON', '--log-bin-compress-min-len=10'] })
    try {
      await using database = await testDatabase('mariadb', server.url)
      await database.sql('CREATE TABLE t (id INT PRIMARY KEY, v TEXT)')
      await using source = await new RecordingSource(server.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
      await database.sql(
        `INSERT INTO t VALUES (1, REPEAT('a', 5000)), (2, 'b'); UPDATE t SET v = REPEAT('c', 300); DELETE FROM t WHERE id = 1`,
      )
      await database.sql('ALTER TABLE t ADD COLUMN a_long_name_for_a_column_so_that_the_statement_is_compressed_too INT')
      await database.sql(`INSERT INTO t VALUES (3, 'd', 4)`)
      await source.caughtUp()
      expect(source.committed.map(({ op, key, value }) => [op, key, value?.['v']])).toEqual([
        ['c', '1', 'a'.repeat(5000)],
        ['c', '2', 'b'],
        ['u', '1', 'c'.repeat(300)],
        ['u', '2', 'c'.repeat(300)],
        ['d', '1', undefined],
        ['c', '3', 'd'],
      ])
    } finally {
      await server.stop()
    }
  })

  it('MySQL with tagged GTIDs, across a restart', async () => {
    await using database = await testDatabase('mysql')
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY)')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    await database.sql(`SET SESSION gtid_next = 'AUTOMATIC:shop'; INSERT INTO t VALUES (1); SET SESSION gtid_next = 'AUTOMATIC'`)
    await source.caughtUp()
    expect(source.positions.at(-1)).toContain(':shop:')
    await source.crash()
    await database.sql('INSERT INTO t VALUES (2)')
    await source.start().caughtUp()
    expect(source.committed.map(({ key }) => key)).toEqual(['1', '2'])
  })
})

describe('partial JSON', () => {
  it('stops the reader of its table, and nobody else', async () => {
    await using database = await testDatabase('mysql')
    const create = (table: string): string =>
      `CREATE TABLE ${table} (id INT PRIMARY KEY, j JSON); INSERT INTO ${table} VALUES (1, JSON_OBJECT('a', REPEAT('x', 100)));`
    await database.sql(create('t') + create('other'))
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    const update = (table: string): string => `UPDATE ${table} SET j = JSON_SET(j, '$.a', 'short')`
    await database.sql(`SET SESSION binlog_row_value_options = PARTIAL_JSON; ${update('other')}; INSERT INTO t VALUES (2, NULL)`)
    await source.caughtUp()
    await database.sql(update('t'))
    expect(await source.failed()).toMatchObject({ code: 'MYSQL_BINLOG_PARTIAL_JSON' })
    expect(source.committed.map(({ key }) => key)).toEqual(['1', '2'])
  })
})

describe('another server', () => {
  it('is refused when the position is not its own', async () => {
    const one = await startMysql({ args: ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'] })
    const two = await startMysql()
    try {
      await using database = await testDatabase('mysql', one.url)
      await database.sql('CREATE TABLE t (id INT PRIMARY KEY)')
      const source = await new RecordingSource(one.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
      await source.crash()
      await using other = await testDatabase('mysql', two.url)
      await other.sql(`CREATE DATABASE ${database.name}; CREATE TABLE ${database.name}.t (id INT PRIMARY KEY)`)
      const failure = await source.at(two.url).start().failed()
      expect(failure).toMatchObject({ code: 'MYSQL_SERVER_CHANGED' })
    } finally {
      await one.stop()
      await two.stop()
    }
  })
})

/** Passes bytes on until it is told to swallow them, with connections left open; new connections work. */
async function swallowingProxy(port: number): Promise<AsyncDisposable & { readonly port: number; swallow(): void }> {
  const sockets = new Set<Socket>()
  const server: TcpServer = createServer((client) => {
    const upstream = connectTcp(port, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (data: Buffer) => to.write(data))
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    swallow() {
      for (const socket of sockets) socket.removeAllListeners('data').on('data', () => undefined)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
