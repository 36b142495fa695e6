import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hopping, topology, tumbling } from '../dsl/index.ts'
import { json, nullable, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

interface Order {
  readonly status: string
  readonly cents: number
}

const ORDER = { key: string(), value: json<Order>() }
const TEXT = { key: string(), value: string() }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const order = fc.record({ status: fc.constantFrom('new', 'paid', 'sent'), cents: fc.integer({ min: -9, max: 9 }) })
const changes = fc.array(fc.tuple(key, fc.option(order, { nil: null })), { maxLength: 40 })
const settings = fc.record({ caching: fc.boolean(), partitions: fc.constantFrom(1, 3) })

describe('an aggregate of a table', () => {
  it('is the fold of the table as it is now, whatever inserts, updates, moves and deletions came before', async () => {
    const byStatus = topology('by-status', (t) => {
      t.table('orders', ORDER)
        .groupBy((value) => value.status, { key: string() })
        .aggregate({
          as: 'totals',
          initial: () => ({ orders: 0, cents: 0 }),
          add: (total, { cents }) => ({ orders: total.orders + 1, cents: total.cents + cents }),
          subtract: (total, { cents }) => ({ orders: total.orders - 1, cents: total.cents - cents }),
        })
        .to('totals')
    })
    await fc.assert(
      fc.asyncProperty(changes, settings, async (history, { caching, partitions }) => {
        await using driver = await TopologyTestDriver.open(byStatus, { caching, partitions })
        await driver.input('orders', ORDER).pipeAll(history)

        const table = new Map(history)
        const expected = new Map<string, { orders: number; cents: number }>()
        for (const [, value] of history) if (value !== null) expected.set(value.status, { orders: 0, cents: 0 })
        for (const value of table.values()) {
          if (value === null) continue
          const { orders, cents } = expected.get(value.status) ?? { orders: 0, cents: 0 }
          expected.set(value.status, { orders: orders + 1, cents: cents + value.cents })
        }
        const last = new Map(
          driver
            .output<string, unknown>('totals')
            .readAll()
            .map((record) => [record.key, record.value]),
        )
        expect(last).toEqual(expected)
      }),
      { numRuns: 150 },
    )
  })
})

describe('a windowed count', () => {
  const records = fc.array(fc.tuple(key, fc.nat({ max: 60 })), { maxLength: 40 })
  const windows = fc.record({
    size: fc.integer({ min: 1, max: 20 }),
    advance: fc.integer({ min: 1, max: 20 }),
    grace: fc.nat({ max: 15 }),
  })

  it('is the recount of the records that were not late, in every window that they fall in', async () => {
    await fc.assert(
      fc.asyncProperty(records, windows, fc.boolean(), async (history, { size, advance, grace }, caching) => {
        const step = Math.min(size, advance)
        const counting = topology('counting', (t) => {
          t.stream('in', { key: string(), value: nullable(string()) })
            .groupByKey()
            .windowedBy(step === size ? tumbling({ size, grace }) : hopping({ size, advance: step, grace }))
            .count({ as: 'counts' })
            .to('out')
        })
        await using driver = await TopologyTestDriver.open(counting, { caching })
        await driver.input('in', TEXT).pipeAll(history.map(([k, timestamp]) => [k, null, { timestamp }]))

        const expected = new Map<string, number>()
        let now = -1
        for (const [k, timestamp] of history) {
          now = Math.max(now, timestamp)
          for (let start = 0; start <= timestamp; start += step) {
            const late = start + size <= now - grace
            if (timestamp >= start + size || late) continue
            expected.set(`${k}@${start}`, (expected.get(`${k}@${start}`) ?? 0) + 1)
          }
        }
        const sent = driver.output<{ key: string; window: { start: number } }, number>('out').readAll()
        const last = new Map(sent.map((record) => [`${record.key?.key}@${record.key?.window.start}`, record.value]))
        expect(last).toEqual(expected)
      }),
      { numRuns: 150 },
    )
  })
})

describe('caching', () => {
  it('changes how many updates go out, not what the last one of each key says nor what the store holds', async () => {
    const latest = topology('latest', (t) => {
      t.stream('in', ORDER)
        .groupByKey()
        .aggregate({
          as: 'sums',
          initial: () => 0,
          add: (sum, { cents }) => (cents === 9 ? null : sum + cents),
        })
        .filter((sum) => sum >= 0, { as: 'positive' })
        .to('out')
    })
    await fc.assert(
      fc.asyncProperty(changes, async (history) => {
        const results: unknown[] = []
        for (const caching of [true, false]) {
          await using driver = await TopologyTestDriver.open(latest, { caching })
          await driver.input('in', ORDER).pipeAll(history)
          const rows: unknown[] = []
          for await (const row of driver.timestampedStore<string, number>('positive').range()) rows.push(row)
          const last = new Map(
            driver
              .output<string, number>('out')
              .readAll()
              .map((record) => [record.key, record.value]),
          )
          results.push([rows, new Map([...last].filter(([, value]) => value !== null))])
        }
        expect(results[0]).toEqual(results[1])
      }),
      { numRuns: 100 },
    )
  })
})
