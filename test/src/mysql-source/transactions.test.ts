import { mysqlTable } from '@millrace/mysql-connector'
import { describe, expect, it } from 'vitest'
import { RecordingSource } from './recording-source.ts'
import { kinds, testDatabase } from './server.ts'

describe.each(kinds)('transactions of %s', (kind) => {
  it('rows come in the order of their commits; what is rolled back does not come', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, v INT)')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    const slow = await database.connect()
    await slow.query('BEGIN; INSERT INTO t VALUES (50, 1); SAVEPOINT s; INSERT INTO t VALUES (90, 9); ROLLBACK TO s')
    await database.sql('INSERT INTO t VALUES (2, 2)')
    await database.sql('BEGIN; INSERT INTO t VALUES (3, 3); DELETE FROM t WHERE id = 2; ROLLBACK')
    await slow.query('UPDATE t SET v = 10 WHERE id = 50; COMMIT')
    await source.caughtUp()
    expect(source.committed.map(({ op, key, value }) => [op, key, value?.['v']])).toEqual([
      ['c', '2', 2],
      ['c', '50', 1],
      ['u', '50', 10],
    ])
  })

  it('a changed key is a deletion, then a new row; a deleted row is a null value', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (a INT, b VARCHAR(10), v INT, PRIMARY KEY (a, b))')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    await database.sql(
      `INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2); UPDATE t SET a = a + 10 ORDER BY a DESC; DELETE FROM t WHERE a = 11`,
    )
    await source.caughtUp()
    expect(source.committed.map(({ op, key, value }) => [op, key, value?.['v'] ?? null])).toEqual([
      ['c', '["1","x"]', 1],
      ['c', '["2","y"]', 2],
      ['d', '["2","y"]', null],
      ['c', '["12","y"]', 2],
      ['d', '["1","x"]', null],
      ['c', '["11","x"]', 1],
      ['d', '["11","x"]', null],
    ])
  })

  it('a key of another unique index, in an order of its own', async () => {
    await using database = await testDatabase(kind)
    await database.sql(
      'CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, UNIQUE (a, b)); INSERT INTO t VALUES (1, 2, 3)',
    )
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.t`, { key: ['b', 'a'] })])
    await source.start().caughtUp()
    await database.sql('UPDATE t SET id = 7; UPDATE t SET b = 4')
    await source.caughtUp()
    expect(source.committed.map(({ op, key }) => [op, key])).toEqual([
      ['r', '["3","2"]'],
      ['u', '["3","2"]'],
      ['d', '["3","2"]'],
      ['c', '["4","2"]'],
    ])
  })

  it('several tables, and tables that nobody reads', async () => {
    await using database = await testDatabase(kind)
    await database.sql(
      'CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY)',
    )
    const { name } = database
    await using source = new RecordingSource(database.url, [mysqlTable(`${name}.a`), mysqlTable(`${name}.b`)])
    await source.start().caughtUp()
    await database.sql('BEGIN; INSERT INTO a VALUES (1); INSERT INTO c VALUES (1); INSERT INTO b VALUES (1); COMMIT')
    await database.sql('INSERT INTO c VALUES (2); UPDATE a, c SET a.id = 5, c.id = 6 WHERE a.id = c.id')
    await source.caughtUp()
    expect(source.committed.map(({ topic, op, key }) => [topic, op, key])).toEqual([
      [`${name}.a`, 'c', '1'],
      [`${name}.b`, 'c', '1'],
      [`${name}.a`, 'd', '1'],
      [`${name}.a`, 'c', '5'],
    ])
  })

  it('a transaction of many rows comes whole, in one commit', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, filler VARCHAR(500))')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    const commits = source.positions.length
    const rows = Array.from({ length: 10_000 }, () => `(REPEAT('x', 500))`).join(',')
    await database.sql(`BEGIN; ${`INSERT INTO t (filler) VALUES ${rows};`.repeat(4)} COMMIT`)
    await source.caughtUp()
    expect(source.committed).toHaveLength(40_000)
    expect(source.positions).toHaveLength(commits + 1)
  })

  it('columns that are added, renamed and dropped are followed, each row as it was written', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1)')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    await source.crash()
    await database.sql(
      `INSERT INTO t VALUES (2, 2); ALTER TABLE t ADD COLUMN b VARCHAR(10) DEFAULT 'x' AFTER id; INSERT INTO t VALUES (3, 'y', 3)`,
    )
    await database.sql('ALTER TABLE t MODIFY a BIGINT UNSIGNED; INSERT INTO t VALUES (4, NULL, 18446744073709551615)')
    await database.sql('ALTER TABLE t RENAME COLUMN a TO c, DROP COLUMN b; INSERT INTO t VALUES (5, 5)')
    await source.start().caughtUp()
    expect(source.committed.map(({ value }) => value)).toEqual([
      { id: 1, a: 1 },
      { id: 2, a: 2 },
      { id: 3, b: 'y', a: 3 },
      { id: 4, b: null, a: '18446744073709551615' },
      { id: 5, c: '5' },
    ])
  })

  it('a table that an online schema change puts another in place of is still read', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    await database.sql('CREATE TABLE _t_new (id INT PRIMARY KEY, v INT); INSERT INTO _t_new SELECT id, 0 FROM t')
    await database.sql('RENAME TABLE t TO _t_old, _t_new TO t; INSERT INTO t VALUES (2, 2)')
    await source.caughtUp()
    expect(source.committed.map(({ value }) => value)).toEqual([{ id: 1 }, { id: 2, v: 2 }])
  })

  it('the time of a change is that of its commit', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY)')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    const before = Date.now()
    await database.sql('INSERT INTO t VALUES (1)')
    const after = Date.now()
    await source.caughtUp()
    const timestamp = source.committed[0]?.timestamp ?? 0
    // MariaDB tells seconds only.
    const precision = kind === 'mysql' ? 1 : 1000
    expect(timestamp).toBeGreaterThanOrEqual(Math.trunc(before / precision) * precision)
    expect(timestamp).toBeLessThanOrEqual(after)
  })
})

describe('MySQL', () => {
  it('rows that a foreign key deletes come too', async () => {
    await using database = await testDatabase('mysql')
    await database.sql(`CREATE TABLE parent (id INT PRIMARY KEY);
      CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE);
      INSERT INTO parent VALUES (1); INSERT INTO child VALUES (7, 1)`)
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.child`)]).start().caughtUp()
    await database.sql('DELETE FROM parent')
    await source.caughtUp()
    expect(source.committed.map(({ op, key }) => [op, key])).toEqual([
      ['r', '7'],
      ['d', '7'],
    ])
  })

  it('CREATE TABLE … SELECT is one transaction', async () => {
    await using database = await testDatabase('mysql')
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY)')
    await using source = await new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)]).start().caughtUp()
    await database.sql('CREATE TABLE copy AS SELECT 1 AS id; INSERT INTO t VALUES (1)')
    await source.caughtUp()
    expect(source.committed.map(({ key }) => key)).toEqual(['1'])
  })
})
