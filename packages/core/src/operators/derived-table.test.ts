import { describe, expect, it } from 'vitest'
import { type Table, topology } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const TEXT = { key: string(), value: string() }

type Derive = (table: Table<string, string>) => Table<string, string>

const VIEWS: readonly (readonly [name: string, derive: Derive])[] = [
  ['filter', (table) => table.filter(() => true)],
  ['mapValues', (table) => table.mapValues((value) => value, { value: string() })],
  ['transformValues', (table) => table.transformValues(() => (value) => value, { value: string() })],
]

describe('a table that is derived from a versioned one', () => {
  it.each(VIEWS)('%s: knows versions of the past as such, an aggregate of the latest ones leaves them out', async (_, derive) => {
    const counts = topology('counts', (t) => {
      derive(t.table('in', { ...TEXT, as: 'in', versioned: '1d' }))
        .groupBy((value) => value, { ...TEXT })
        .count({ caching: false })
        .to('out')
    })
    await using driver = await TopologyTestDriver.open(counts)
    const input = driver.input('in', TEXT)
    await input.pipe('a', 'late', { timestamp: 100 })
    await input.pipe('a', 'early', { timestamp: 50 })
    expect(driver.output('out').readAll()).toMatchObject([{ key: 'late', timestamp: 100 }])
  })
})
