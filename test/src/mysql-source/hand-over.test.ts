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
  it('a table that is added later is read from its rows on, the others go on', async () => {
    await using database = await testDatabase(kind)
    const random = randomNumbers(5)
    const first = new BusyTable(database, shapeOf(0), 3000, 'first')
    const second = new BusyTable(database, shapeOf(1), 3000, 'second')
    await first.create()
    await second.create()
    const writing = new AbortController()
    const writers = [first.write(random, writing.signal, 1), second.write(random, writing.signal, 1)]
    const names = [`${database.name}.first`, `${database.name}.second`] as const
    const alone = new RecordingSource(database.url, [mysqlTable(names[0])]).start()
    await alone.caughtUp()
    await alone.crash()
    await using both = alone.with([mysqlTable(names[0]), mysqlTable(names[1])]).start()
    await both.caughtUp()
    writing.abort()
    await Promise.all(writers)
    await both.caughtUp()
    await first.verify(both, names[0])
    await second.verify(both, names[1])
    expect(both.committed.filter(({ topic, op }) => topic === names[0] && op === 'r').length).toBeLessThanOrEqual(3000)
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
  await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.busy`)], { commitMs: () => random(4) })
  source.start()
  for (let i = 0; i < crashes; i++) {
    const commits = source.positions.length + random(3)
    await waitUntil(() => source.positions.length >= commits, { what: 'more is committed' })
    await new Promise((resolve) => setTimeout(resolve, random(25)))
    await source.crash()
    source.start()
  }
  await source.caughtUp()
  expect(source.table().size).toBeGreaterThan(0)
  await waitUntil(() => source.committed.filter(({ op }) => op !== 'r').length > 100, { what: 'changes came' })
  writing.abort()
  await Promise.all(writers)
  await source.caughtUp()
  await table.verify(source)
}
