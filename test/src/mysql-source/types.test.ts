import { mysqlTable } from '@millrace/mysql-connector'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { typeCases } from './column-types/index.ts'
import { RecordingSource } from './recording-source.ts'
import { kinds, testDatabase } from './server.ts'

describe.each(kinds)('values of %s', (kind) => {
  const cases = typeCases.filter(({ only }) => only === undefined || only === kind)

  it('of every type are the same exact text, whether a snapshot reads them or the binlog', async () => {
    await using database = await testDatabase(kind)
    const columns = cases.map(({ type }, i) => `c${i} ${type}`).join(', ')
    await database.sql(`CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, ${columns})`)
    const rows = Math.max(...cases.map(({ values }) => values.length))
    const expected: Record<string, unknown>[] = []
    for (let row = 0; row < rows; row++) {
      expected.push(Object.fromEntries(cases.map(({ values }, i) => [`c${i}`, values[row]?.[1] ?? null])))
    }
    const insert = async (): Promise<void> => {
      for (let row = 0; row < rows; row++) {
        const given = cases.flatMap(({ values }, i) => {
          const value = values[row]
          return value === undefined ? [] : [[`c${i}`, value[0]] as const]
        })
        const names = given.map(([name]) => name).join(',')
        await database.sql(`INSERT INTO t (${names}) VALUES (${given.map(([, sql]) => sql).join(',')})`)
      }
    }
    await insert()
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)])
    await source.start().caughtUp()
    await insert()
    await source.caughtUp()

    const values = source.committed.map(({ value }) => value ?? {})
    expect(source.committed.map(({ op }) => op)).toEqual([...Array(rows).fill('r'), ...Array(rows).fill('c')])
    for (const [i, { type }] of cases.entries()) {
      const column = `c${i}`
      const wanted = expected.map((row) => row[column])
      expect(
        values.slice(0, rows).map((value) => value[column]),
        `${type}, snapshot`,
      ).toEqual(wanted)
      expect(
        values.slice(rows).map((value) => value[column]),
        `${type}, binlog`,
      ).toEqual(wanted)
    }
  })

  it('FLOAT and DOUBLE keep every bit', async () => {
    await using database = await testDatabase(kind)
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE)')
    const floats = fc.sample(fc.float({ noNaN: true, noDefaultInfinity: true }), { numRuns: 300, seed: 7 })
    const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: 300, seed: 7 })
    const insert = (from: number): Promise<void> => {
      const tuples = floats.map((float, i) => `(${from + i}, ${exponential(float)}, ${exponential(doubles[i] as number)})`)
      return database.sql(`INSERT INTO t VALUES ${tuples.join(',')}`)
    }
    await insert(0)
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)])
    await source.start().caughtUp()
    await insert(1000)
    await source.caughtUp()
    const values = source.committed.map(({ value }) => ({ f: Math.fround(Number(value?.['f'])), d: Number(value?.['d']) }))
    // The server may take a -0 for 0.
    const wanted = floats.map((float, i) => ({ f: Math.fround(float) + 0, d: (doubles[i] as number) + 0 }))
    expect(values.slice(0, 300).map(({ f, d }) => ({ f: f + 0, d: d + 0 }))).toEqual(wanted)
    expect(source.committed.slice(300).map(({ value }) => ({ ...value, id: 0 }))).toEqual(
      source.committed.slice(0, 300).map(({ value }) => ({ ...value, id: 0 })),
    )
  })
})

describe('JSON of MySQL', () => {
  it('is the text that the server prints, whatever the document', async () => {
    await using database = await testDatabase('mysql')
    await database.sql('CREATE TABLE t (id INT PRIMARY KEY, j JSON)')
    const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(null, true, false),
        number,
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.array(tie('tree'), { maxLength: 6 }),
        fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 20 }), tie('tree'), { maxKeys: 6 }),
      ),
    }))
    const documents = fc.sample(tree, { numRuns: 500, seed: 3 })
    documents.push(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key ${i}`, [i, -i * 1e5, `${i}`.repeat(10)]])), [
      'x'.repeat(70_000),
      70_000,
      -40_000,
      3e9,
      { big: 'y'.repeat(200_000) },
    ])
    const connection = await database.connect()
    const insert = async (from: number): Promise<void> => {
      for (const [i, document] of documents.entries()) {
        await connection.execute('INSERT INTO t VALUES (?, ?)', [from + i, JSON.stringify(document)])
      }
    }
    await insert(0)
    await using source = new RecordingSource(database.url, [mysqlTable(`${database.name}.t`)])
    await source.start().caughtUp()
    await insert(10_000)
    await source.caughtUp()
    const texts = source.committed.map(({ value }) => value?.['j'])
    expect(texts).toHaveLength(2 * documents.length)
    expect(texts.slice(documents.length)).toEqual(texts.slice(0, documents.length))
  })
})

function exponential(value: number): string {
  return value.toExponential()
}
