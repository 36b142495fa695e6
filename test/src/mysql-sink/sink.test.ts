import { int32, json, windowed } from '@millrace/core'
import { mysqlView } from '@millrace/mysql-connector'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts'
import { waitUntil } from '../support/wait-until.ts'
import { BatchSource, PARTITION, SILENT, sinkOf, sinkWith, textAndJson } from './sink-harness.ts'

describe.each([
  ['MySQL', () => inject('mysqlUrl')],
  ['MariaDB', () => inject('mariadbUrl')],
])('The sink on %s', (_, url) => {
  let database: FreshDatabase
  let connection: Connection

  beforeAll(async () => {
    database = await freshDatabase(url(), 'sink')
    connection = await createConnection({ uri: database.url, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true })
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  const rows = async (query: string): Promise<unknown[]> => {
    const [result] = await connection.query<RowDataPacket[]>(query)
    return result.map((row) => ({ ...row }))
  }

  it('makes the table with the first row, upserts by key and deletes on null', async () => {
    const sink = sinkOf(database.url, mysqlView(`${database.name}.first`, { key: ['id'] }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    expect(await sink.open(PARTITION, SILENT)).toBe(0)
    await sink.write(source.batch(['gone', null], ['a', { n: 1, big: 10n, note: 'x' }], ['b', { n: 2, big: 20n, note: null }]))
    await sink.write(
      source.batch(['a', { n: 1.5, big: 11n, note: "it's\n\\" }], ['b', null], ['c', { n: 3, big: 30n, note: 'z' }]),
    )
    expect(await rows('SELECT * FROM first ORDER BY id')).toEqual([
      { id: 'a', n: 1.5, big: '11', note: "it's\n\\" },
      { id: 'c', n: 3, big: '30', note: 'z' },
    ])
    await sink.close()
  })

  it('keeps only the last update of a key in a batch', async () => {
    const sink = sinkOf(database.url, mysqlView(`${database.name}.last`, { key: ['id'], value: 'n' }), {
      key: textAndJson.key,
      value: json<number>(),
    })
    const source = new BatchSource(textAndJson.key, json<number>())
    await sink.open(PARTITION, SILENT)
    await sink.write(source.batch(['a', 1], ['a', null], ['a', 2], ['b', 1], ['b', null]))
    expect(await rows('SELECT * FROM last')).toEqual([{ id: 'a', n: 2 }])
    await sink.close()
  })

  it('tells keys apart that a folding collation would take for one', async () => {
    const sink = sinkOf(database.url, mysqlView(`${database.name}.exact`, { key: ['id'] }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await sink.open(PARTITION, SILENT)
    await sink.write(source.batch(['a', { n: 1 }], ['A', { n: 2 }], ['a ', { n: 3 }], ['ä', { n: 4 }]))
    await sink.write(source.batch(['A', null]))
    expect(await rows('SELECT HEX(id) AS id, n FROM exact ORDER BY id')).toEqual([
      { id: '61', n: 1 },
      { id: '6120', n: 3 },
      { id: 'C3A4', n: 4 },
    ])
    await sink.close()
  })

  it('puts the bounds of a windowed key into columns of their own', async () => {
    const key = windowed(int32(), 60_000)
    const value = json<{ n: number }>()
    const sink = sinkOf(database.url, mysqlView(`${database.name}.windows`, { key: ['customer', 'windowStart', 'windowEnd'] }), {
      key,
      value,
    })
    await sink.open(PARTITION, SILENT)
    const window = { start: Date.UTC(2026, 0, 1, 12), end: Date.UTC(2026, 0, 1, 12, 1) }
    await sink.write(new BatchSource(key, value).batch([{ key: 7, window }, { n: 1 }]))
    expect(await rows('SELECT * FROM windows')).toEqual([
      { customer: '7', windowStart: '2026-01-01 12:00:00.000', windowEnd: '2026-01-01 12:01:00.000', n: 1 },
    ])
    await sink.close()
  })

  it('goes on at the offset that was committed with the rows', async () => {
    const view = mysqlView(`${database.name}.resumed`, { key: ['id'], topic: 'resumed' })
    const first = sinkOf(database.url, view, textAndJson)
    const partition = { topic: 'resumed', partition: 0 }
    await first.open(partition, SILENT)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await first.write(source.batch(['a', { n: 1 }], ['b', { n: 1 }]))
    await first.close()
    const second = sinkOf(database.url, view, textAndJson)
    expect(await second.open(partition, SILENT)).toBe(2)
    await second.close()
  })

  it('shuts out an owner that does not know that it was replaced', async () => {
    const view = mysqlView(`${database.name}.fenced`, { key: ['id'] })
    const partition = { topic: 'fenced', partition: 0 }
    const zombie = sinkOf(database.url, view, textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await zombie.open(partition, SILENT)
    await zombie.write(source.batch(['a', { n: 1 }]))
    const owner = sinkOf(database.url, view, textAndJson)
    expect(await owner.open(partition, SILENT)).toBe(1)
    const next = source.batch(['a', { n: 2 }])
    await expect(zombie.write(next)).rejects.toMatchObject({ code: 'FENCED' })
    // Also over a new connection.
    await expect(zombie.write(next)).rejects.toMatchObject({ code: 'FENCED' })
    expect(await rows('SELECT n FROM fenced')).toEqual([{ n: 1 }])
    await owner.write(next)
    expect(await rows('SELECT n FROM fenced')).toEqual([{ n: 2 }])
    await zombie.close()
    await owner.close()
  })

  it('writes a batch again whole when the server ends the connection in the middle', async () => {
    const sink = sinkOf(database.url, mysqlView(`${database.name}.killed`, { key: ['id'] }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    const partition = { topic: 'killed', partition: 0 }
    await sink.open(partition, SILENT)
    await sink.write(source.batch(['a', { n: 1 }]))
    const next = source.batch(['a', { n: 2 }], ['b', { n: 2 }])
    // A lock on a row holds the transaction between its first statement and its last.
    await connection.beginTransaction()
    await connection.query("SELECT * FROM killed WHERE id = 'a' FOR UPDATE")
    const refused = sink.write(next).catch((error: unknown) => error)
    await waitUntil(() => killWaiting(url(), 'INSERT INTO'), { what: 'the sink waits for the row' })
    expect(await refused).toMatchObject({ code: 'MYSQL_UNAVAILABLE', retriable: true })
    await connection.rollback()
    expect(await sink.open(partition, SILENT)).toBe(1)
    await sink.write(next)
    expect(await rows('SELECT * FROM killed ORDER BY id')).toEqual([
      { id: 'a', n: 2 },
      { id: 'b', n: 2 },
    ])
    await sink.close()
  })

  it('does not write a batch twice when the answer to COMMIT is lost', async () => {
    const view = mysqlView(`${database.name}.unanswered`, { key: ['id'] })
    const partition = { topic: 'unanswered', partition: 0 }
    let loseAnswer = false
    const sink = sinkWith(view, textAndJson, async () => {
      const own = await createConnection(url())
      const commit = own.commit.bind(own)
      // A real server cannot be made to commit and stay silent at a chosen moment.
      own.commit = async () => {
        await commit()
        if (loseAnswer) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      }
      return own
    })
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await sink.open(partition, SILENT)
    const batch = source.batch(['a', { n: 1 }])
    loseAnswer = true
    await expect(sink.write(batch)).rejects.toMatchObject({ code: 'MYSQL_UNAVAILABLE', retriable: true })
    // Somebody else has changed the row meanwhile: writing again would undo it.
    await connection.query('UPDATE unanswered SET n = 2')
    loseAnswer = false
    expect(await sink.open(partition, SILENT)).toBe(batch.nextOffset)
    expect(await rows('SELECT n FROM unanswered')).toEqual([{ n: 2 }])
    expect(await rows("SELECT next_offset FROM millrace_offsets WHERE topic = 'unanswered'")).toEqual([{ next_offset: '1' }])
    await sink.write(source.batch(['a', { n: 3 }]))
    expect(await rows('SELECT n FROM unanswered')).toEqual([{ n: 3 }])
    await sink.close()
  })

  it('refuses a table with a secondary unique key that other tables refer to', async () => {
    await connection.query('CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL UNIQUE)')
    await connection.query(
      'CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE)',
    )
    const sink = sinkOf(database.url, mysqlView(`${database.name}.parent`, { key: ['id'] }), textAndJson)
    await expect(sink.open({ topic: 'parent', partition: 0 }, SILENT)).rejects.toMatchObject({
      code: 'MYSQL_VIEW_MISMATCH',
      message: expect.stringContaining('child'),
    })
    await sink.close()
  })

  it('moves values between rows of a secondary unique key within a batch', async () => {
    await connection.query('CREATE TABLE swapped (id INT PRIMARY KEY, seat INT NOT NULL UNIQUE)')
    const key = int32()
    const value = json<{ seat: number }>()
    const sink = sinkOf(database.url, mysqlView(`${database.name}.swapped`, { key: ['id'] }), { key, value })
    const source = new BatchSource(key, value)
    await sink.open({ topic: 'swapped', partition: 0 }, SILENT)
    await sink.write(source.batch([1, { seat: 1 }], [2, { seat: 2 }]))
    await sink.write(source.batch([1, { seat: 2 }], [2, { seat: 1 }]))
    expect(await rows('SELECT * FROM swapped ORDER BY id')).toEqual([
      { id: 1, seat: 2 },
      { id: 2, seat: 1 },
    ])
    // Not another row's: an upsert would have overwritten it.
    await expect(sink.write(source.batch([3, { seat: 1 }]))).rejects.toMatchObject({ code: 'MYSQL_WRITE_REFUSED' })
    expect(await rows('SELECT id FROM swapped ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
    await sink.close()
  })

  it('finds large keys that arrive as text', async () => {
    await connection.query('CREATE TABLE large (id BIGINT PRIMARY KEY, n INT)')
    const sink = sinkOf(database.url, mysqlView(`${database.name}.large`, { key: ['id'] }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await sink.open({ topic: 'large', partition: 0 }, SILENT)
    await sink.write(source.batch(['9007199254740993', { n: 1 }], ['9007199254740992', { n: 2 }]))
    await sink.write(source.batch(['9007199254740993', null]))
    expect(await rows('SELECT * FROM large')).toEqual([{ id: '9007199254740992', n: 2 }])
    await sink.close()
  })

  it('has every column of the schema from the start, and null for a field that a later value lacks', async () => {
    const schema = z.object({ n: z.int(), label: z.string().optional(), at: z.date().nullable() })
    const sink = sinkOf(database.url, mysqlView(`${database.name}.typed`, { key: ['id'], schema }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await sink.open({ topic: 'typed', partition: 0 }, SILENT)
    await sink.write(source.batch(['a', { n: 1, at: null }]))
    await sink.write(source.batch(['a', { n: 2, label: 'x', at: new Date(0) }]))
    expect(await rows('SELECT * FROM typed')).toEqual([{ id: 'a', n: '2', label: 'x', at: '1970-01-01 00:00:00.000' }])
    await sink.write(source.batch(['a', { n: 3, at: null }]))
    expect(await rows('SELECT * FROM typed')).toEqual([{ id: 'a', n: '3', label: null, at: null }])
    await sink.close()
  })

  it('adds a column that later rows bring to a table of its own, and names it for a table of others', async () => {
    const sink = sinkOf(database.url, mysqlView(`${database.name}.grown`, { key: ['id'] }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await sink.open({ topic: 'grown', partition: 0 }, SILENT)
    await sink.write(source.batch(['a', { n: 1 }]))
    await sink.write(source.batch(['b', { n: 2, extra: 'new' }]))
    expect(await rows('SELECT * FROM grown ORDER BY id')).toEqual([
      { id: 'a', n: 1, extra: null },
      { id: 'b', n: 2, extra: 'new' },
    ])
    await connection.query('CREATE TABLE theirs (id VARCHAR(20) PRIMARY KEY, n INT)')
    const other = sinkOf(database.url, mysqlView(`${database.name}.theirs`, { key: ['id'] }), textAndJson)
    await other.open({ topic: 'theirs', partition: 0 }, SILENT)
    await expect(
      other.write(new BatchSource(textAndJson.key, textAndJson.value).batch(['a', { n: 1, extra: 1 }])),
    ).rejects.toMatchObject({ code: 'MYSQL_COLUMN_MISSING', message: expect.stringContaining("no column 'extra'") })
    await sink.close()
    await other.close()
  })

  it('refuses a table whose primary key is another one', async () => {
    await connection.query('CREATE TABLE keyed (id INT PRIMARY KEY, n INT)')
    const sink = sinkOf(database.url, mysqlView(`${database.name}.keyed`, { key: ['n'] }), textAndJson)
    await expect(sink.open({ topic: 'keyed', partition: 0 }, SILENT)).rejects.toMatchObject({
      code: 'MYSQL_VIEW_MISMATCH',
      message: expect.stringContaining('primary key (id)'),
    })
    await sink.close()
  })

  it('loses nothing and moves nothing when a value does not fit', async () => {
    await connection.query('CREATE TABLE narrow (id VARCHAR(20) PRIMARY KEY, n TINYINT NOT NULL)')
    const sink = sinkOf(database.url, mysqlView(`${database.name}.narrow`, { key: ['id'] }), textAndJson)
    const source = new BatchSource(textAndJson.key, textAndJson.value)
    await sink.open({ topic: 'narrow', partition: 0 }, SILENT)
    await expect(sink.write(source.batch(['a', { n: 1 }], ['b', { n: 1000 }]))).rejects.toMatchObject({
      code: 'MYSQL_WRITE_REFUSED',
      retriable: false,
    })
    expect(await rows('SELECT * FROM narrow')).toEqual([])
    expect(await rows("SELECT next_offset FROM millrace_offsets WHERE topic = 'narrow'")).toEqual([{ next_offset: '0' }])
    await sink.close()
  })
})

/** Ends the connection whose running statement begins so, as an operator or a restart would; false: there is none yet. */
async function killWaiting(url: string, statement: string): Promise<boolean> {
  const connection = await createConnection(url)
  try {
    const [list] = await connection.query<RowDataPacket[]>('SHOW FULL PROCESSLIST')
    const waiting = list.find((row) => String(row['Info']).startsWith(statement))
    if (waiting !== undefined) await connection.query(`KILL ${Number(waiting['Id'])}`)
    return waiting !== undefined
  } finally {
    await connection.end()
  }
}
