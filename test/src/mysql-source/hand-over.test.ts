import { mysqlTable } from '@millrace/mysql-connector'
import { startMysql, type SqlServer } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/wait-until.ts'
import { BusyTable, keyShapes, randomNumbers } from './busy-table.ts'
import { RecordingSource } from './recording-source.ts'
import { kinds, type Kind, testDatabase } from './server.ts'

const KEYS = 8000
const WRITERS = 3

describe.each(kinds)('a snapshot of %s while the table is written', (kind) => {
  it.each(keyShapes.flatMap((shape) => [1, 2].map((seed) => ({ shape, seed }))))(
    'ends equal to the table, no row version lost, doubled or out of order (key: $shape.name, seed $seed)',
    async ({ shape, seed }) => await handOver(kind, undefined, shape, seed, 0),
  )

  it.each([1, 2, 3])('goes on after crashes where it was (seed %i)', async (seed) => {
    await handOver(kind, undefined, keyShapes[seed % keyShapes.length] as (typeof keyShapes)[number], seed, 8)
  })
})

describe('a snapshot of MySQL without GTIDs', () => {
  let server: SqlServer
  beforeAll(async () => {
    server = await startMysql({ args: ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'] })
  })
  afterAll(async () => await server.stop())

  it.each([1, 2, 3])('ends equal to the table too, through crashes (seed %i)', async (seed) => {
    await handOver('mysql', server.url, keyShapes[seed % keyShapes.length] as (typeof keyShapes)[number], seed, seed * 2)
  })
})

describe.each(kinds)('tables of %s', (kind) => {
  it.each([1, 2, 3])(
    'a table that is added later is read from its rows on, the others go on, through crashes (seed %i)',
    async (seed) => {
      await using database = await testDatabase(kind)
      const random = randomNumbers(seed)
      const first = new BusyTable(database, shapeOf(0), 3000, 'first')
      const second = new BusyTable(database, shapeOf(1), 10_000, 'second', 6000)
      await first.create()
      await second.create()
      const writing = new AbortController()
      const writers = [
        first.write(randomNumbers(seed + 10), writing.signal),
        second.write(randomNumbers(seed + 20), writing.signal),
      ]
      const names = [`${database.name}.first`, `${database.name}.second`] as const
      let crashing = false
      const options = { commitMs: () => random(4), crashes: () => crashing && random(8) === 0 }
      const alone = new RecordingSource(database.url, [mysqlTable(names[0])], options).start()
      await alone.caughtUp()
      await alone.crash()
      await using both = alone.with([mysqlTable(names[0]), mysqlTable(names[1])]).start()
      crashing = true
      const isComplete = (position: string): boolean => position.includes(names[1]) && !position.includes('cursor')
      await waitUntil(() => isComplete(both.positions.at(-1) ?? ''), { what: 'the snapshot is complete' })
      crashing = false
      await both.caughtUp()
      writing.abort()
      await Promise.all(writers)
      await both.caughtUp()
      await first.verify(both, names[0])
      await second.verify(both, names[1])
      const again = both.committed.slice(alone.committed.length).filter(({ topic, op }) => topic === names[0] && op === 'r')
      expect(again).toEqual([])
    },
  )

  it('a transaction too large for memory, on the rows that are being read, is neither lost nor doubled', async () => {
    await using database = await testDatabase(kind)
    const table = new BusyTable(database, shapeOf(0), 14_000, 'busy', 6000)
    await table.create()
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.busy`)])
    source.start()
    await waitUntil(() => source.positions.some((position) => position.includes('"cursor":[')), { what: 'a chunk is committed' })
    await table.writeAll()
    await source.caughtUp()
    await table.verify(source)
    expect(source.logged).toContain('snapshot-chunk-given-up')
  })

  it('without a snapshot only changes come', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)')
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.t`, { snapshot: 'never' })])
    await source.start().caughtUp()
    await database.sql('INSERT INTO t VALUES (3)')
    await source.caughtUp()
    expect(source.committed.map(({ key, op }) => [key, op])).toEqual([['3', 'c']])
  })

  it('an empty table is live at once', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY)')
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)])
    await source.start().caughtUp()
    await database.sql('INSERT INTO t VALUES (3)')
    await source.caughtUp()
    expect(source.committed.map(({ key, op }) => [key, op])).toEqual([['3', 'c']])
  })
})

describe('a transaction that is in the binlog, but not yet visible', () => {
  let server: SqlServer
  beforeAll(async () => {
    // Each commit waits for a replica that never comes, after it was written to the binlog.
    const semiSync = ['--rpl-semi-sync-source-timeout=3000', '--rpl-semi-sync-source-wait-no-replica=ON']
    server = await startMysql({ args: ['--plugin-load-add=semisync_source.so', ...semiSync] })
  })
  afterAll(async () => await server.stop())

  it('is neither overwritten by what the snapshot sees, nor lost', async () => {
    await using database = await testDatabase('mysql', server.url)
    await database.sql(
      'CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY, v INT); INSERT INTO b VALUES (1, 1), (2, 1)',
    )
    const end = async (): Promise<unknown> => (await database.rows('SHOW BINARY LOG STATUS'))[0]?.['Position']
    await database.sql('SET GLOBAL rpl_semi_sync_source_enabled = ON')
    const before = await end()
    const connection = await database.connect()
    const update = connection.query('UPDATE b SET v = 2 WHERE id = 1')
    await waitUntil(async () => (await end()) !== before, { what: 'the update is in the binlog' })
    expect(await database.rows('SELECT v FROM b WHERE id = 1')).toEqual([{ v: 1 }])

    const names = [`${database.name}.a`, `${database.name}.b`] as const
    await using source = new RecordingSource(
      database.url,
      names.map((name) => mysqlTable(name)),
    )
    await source.start().caughtUp()
    await update
    await source.caughtUp()
    const versions = (wanted: string): unknown =>
      source.committed.filter(({ key }) => key === wanted).map(({ value }) => value?.['v'])
    expect(versions('2')).toEqual([1])
    // The old version may have been seen before it; never after it, and the new one once.
    expect([[2], [1, 2]]).toContainEqual(versions('1'))
  })
})

function shapeOf(index: number): (typeof keyShapes)[number] {
  return keyShapes[index] as (typeof keyShapes)[number]
}

async function handOver(
  kind: Kind,
  url: string | undefined,
  shape: (typeof keyShapes)[number],
  seed: number,
  crashes: number,
): Promise<void> {
  await using database = await testDatabase(kind, url)
  const table = new BusyTable(database, shape, KEYS)
  await table.create()
  const random = randomNumbers(seed)
  const writing = new AbortController()
  const writers = Array.from({ length: WRITERS }, (_, i) => table.write(randomNumbers(seed * 100 + i), writing.signal))
  let left = crashes
  await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.busy`)], {
    commitMs: () => random(4),
    crashes: () => left > 0 && random(2) === 0 && left-- > 0,
  })
  source.start()
  await source.caughtUp()
  expect(source.table().size).toBeGreaterThan(0)
  await waitUntil(() => source.committed.filter(({ op }) => op !== 'r').length > 100, { what: 'changes came' })
  writing.abort()
  await Promise.all(writers)
  await source.caughtUp()
  await table.verify(source)
}
