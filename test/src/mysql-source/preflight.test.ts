import { mysqlTable } from '@millrace/mysql-connector'
import { type SqlServer, startMariadb, startMysql } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type FeedSource, RecordingSource } from './recording-source.ts'
import { kinds, type TestDatabase, testDatabase } from './server.ts'

async function refusal(url: string, ...sources: readonly FeedSource[]): Promise<Error> {
  return await new RecordingSource(url, sources).start().failed()
}

describe.each(kinds)('what is not right with tables of %s', (kind) => {
  const withTable = async (definition: string, check: (database: TestDatabase, name: string) => Promise<void>): Promise<void> => {
    await using database = await testDatabase(kind)
    await database.sql(`CREATE TABLE t ${definition}`)
    await check(database, `${database.name}.t`)
  }

  it('no such table', async () => {
    await withTable('(id INT PRIMARY KEY)', async ({ url, name }) => {
      const error = await refusal(url, mysqlTable(`${name}.nothing`))
      expect(error).toMatchObject({ code: 'MYSQL_TABLE_MISSING' })
      expect(error.message).toContain(`there is no table ${name}.nothing`)
    })
  })

  it('no primary key', async () => {
    await withTable('(id INT)', async ({ url }, name) => {
      const error = await refusal(url, mysqlTable(name))
      expect(error).toMatchObject({ code: 'MYSQL_NO_PRIMARY_KEY' })
      expect(error.message).toContain(`${name} has no primary key`)
      expect(error.message).toContain('ADD PRIMARY KEY')
    })
  })

  it('a key that is not unique, or can be NULL', async () => {
    await withTable('(id INT PRIMARY KEY, a INT NOT NULL, b INT, KEY (a), UNIQUE (b))', async ({ url }, name) => {
      for (const key of ['a', 'b']) {
        const error = await refusal(url, mysqlTable(name, { key }))
        expect(error).toMatchObject({ code: 'MYSQL_KEY_NOT_UNIQUE' })
        expect(error.message).toContain(`(${key}) is to be the records' key of ${name}`)
      }
      expect(await refusal(url, mysqlTable(name, { key: 'c' }))).toMatchObject({ code: 'MYSQL_COLUMN_MISSING' })
    })
  })

  it('a key that the snapshot cannot go through in order', async () => {
    await withTable("(e ENUM('b','a') PRIMARY KEY)", async ({ url }, name) => {
      const error = await refusal(url, mysqlTable(name))
      expect(error).toMatchObject({ code: 'MYSQL_KEY_UNSUPPORTED' })
      expect(error.message).toContain("'e'")
    })
    await withTable('(v VARCHAR(300), PRIMARY KEY (v(10)))', async ({ url }, name) => {
      expect(await refusal(url, mysqlTable(name))).toMatchObject({ code: 'MYSQL_KEY_UNSUPPORTED' })
    })
  })

  it('columns that the schema misses, or cannot read', async () => {
    await withTable('(id BIGINT PRIMARY KEY, Amount DECIMAL(10,2), at DATETIME)', async ({ url }, name) => {
      const schema = z.object({ id: z.int(), amount: z.string(), at: z.boolean() })
      const error = await refusal(url, mysqlTable(name, { schema }))
      expect(error).toMatchObject({ code: 'MYSQL_PREFLIGHT_FAILED' })
      expect(error.message).toContain(`column 'id' of ${name} is bigint`)
      expect(error.message).toContain('Use z.bigint()')
      expect(error.message).toContain(`has no column 'amount', which the schema asks for. It has 'Amount'`)
      expect(error.message).toContain('z.date() or z.string()')
    })
  })

  it('text in a character set that cannot be read exactly', async () => {
    await withTable('(id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET sjis)', async ({ url }, name) => {
      const error = await refusal(url, mysqlTable(name))
      expect(error).toMatchObject({ code: 'MYSQL_COLUMN_UNSUPPORTED' })
      expect(error.message).toContain("column 'v'")
      expect(error.message).toContain('CONVERT TO CHARACTER SET utf8mb4')
    })
  })

  it('a table of an engine without transactions, and a view', async () => {
    await withTable('(id INT PRIMARY KEY) ENGINE = MyISAM', async (database, name) => {
      expect(await refusal(database.url, mysqlTable(name))).toMatchObject({ code: 'MYSQL_ENGINE_UNSUPPORTED' })
      await database.sql('CREATE VIEW w AS SELECT * FROM t')
      expect(await refusal(database.url, mysqlTable(`${database.name}.w`))).toMatchObject({ code: 'MYSQL_ENGINE_UNSUPPORTED' })
    })
  })

  it('all problems of all tables at once', async () => {
    await withTable('(id INT)', async (database, name) => {
      const error = await refusal(database.url, mysqlTable(name), mysqlTable(`${database.name}.nothing`))
      expect(error).toMatchObject({ code: 'MYSQL_PREFLIGHT_FAILED' })
      expect(error.message).toContain('MYSQL_NO_PRIMARY_KEY')
      expect(error.message).toContain('MYSQL_TABLE_MISSING')
    })
  })

  it('a user without the rights', async () => {
    await withTable('(id INT PRIMARY KEY)', async (database, name) => {
      const user = `u_${database.name.slice(-8)}`
      await database.sql(`CREATE USER ${user} IDENTIFIED BY 'se/cret'; GRANT SELECT ON ${database.name}.* TO ${user}`)
      const url = new URL(database.url)
      url.username = user
      url.password = encodeURIComponent('se/cret')
      const error = await refusal(url.href, mysqlTable(name))
      expect(error).toMatchObject({ code: 'MYSQL_PRIVILEGE_MISSING' })
      expect(error.message).toMatch(/GRANT REPLICATION SLAVE, (REPLICATION CLIENT|BINLOG MONITOR) ON \*\.\* TO [`']u_/)
      await database.sql(
        `GRANT REPLICATION SLAVE, ${kind === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'} ON *.* TO ${user}`,
      )
      await using source = new RecordingSource(url.href, [mysqlTable(name)])
      await source.start().caughtUp()
      url.password = 'wr0ng'
      const wrong = await refusal(url.href, mysqlTable(name))
      expect(wrong).toMatchObject({ code: 'MYSQL_UNAVAILABLE' })
      expect(wrong.message).toContain(`does not let the user '${user}' in`)
      expect(wrong.message).not.toContain('wr0ng')
    })
  })
})

describe('what is not right with a server', () => {
  it.each([
    [
      'mysql',
      [
        '--binlog-format=MIXED',
        '--binlog-row-image=MINIMAL',
        '--binlog-row-metadata=MINIMAL',
        '--binlog-transaction-compression=ON',
        '--binlog-row-value-options=PARTIAL_JSON',
      ],
      [
        'MYSQL_BINLOG_FORMAT',
        'MYSQL_BINLOG_ROW_IMAGE',
        'MYSQL_BINLOG_ROW_METADATA',
        'MYSQL_BINLOG_COMPRESSED',
        'MYSQL_BINLOG_PARTIAL_JSON',
        'SET PERSIST binlog_format = ROW;',
      ],
    ],
    [
      'mariadb',
      ['--binlog-format=MIXED', '--binlog-row-image=MINIMAL', '--binlog-row-metadata=MINIMAL'],
      ['MYSQL_BINLOG_FORMAT', 'MYSQL_BINLOG_ROW_IMAGE', 'MYSQL_BINLOG_ROW_METADATA', 'SET GLOBAL binlog_format = ROW;'],
    ],
    ['mysql', ['--skip-log-bin', '--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'], ['log_bin is OFF']],
    ['mariadb', ['--skip-log-bin'], ['log_bin is OFF']],
    ['mysql', ['--binlog-ignore-db=shop'], ["the database 'shop' out of the binlog"]],
  ] as const)('%s with %j', async (kind, args, wanted) => {
    const server: SqlServer = kind === 'mysql' ? await startMysql({ args }) : await startMariadb({ args })
    try {
      await using database = await testDatabase(kind, server.url)
      await database.sql('CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)')
      const error = await refusal(server.url, mysqlTable('shop.t'))
      for (const text of wanted) expect(error.message + ('code' in error ? String(error.code) : '')).toContain(text)
    } finally {
      await server.stop()
    }
  })
})

describe('MariaDB', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase('mariadb')
  })
  afterAll(async () => await database[Symbol.asyncDispose]())

  it('a foreign key that changes rows by itself, which MariaDB does not log', async () => {
    await database.sql('CREATE TABLE parent (id INT PRIMARY KEY)')
    await database.sql(
      'CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)',
    )
    const error = await refusal(database.url, mysqlTable(`${database.name}.child`))
    expect(error).toMatchObject({ code: 'MYSQL_CASCADE_UNSUPPORTED' })
    expect(error.message).toContain("the foreign key 'fk'")
  })

  it('a system-versioned table', async () => {
    await database.sql('CREATE TABLE v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING')
    expect(await refusal(database.url, mysqlTable(`${database.name}.v`))).toMatchObject({ code: 'MYSQL_ENGINE_UNSUPPORTED' })
  })
})
