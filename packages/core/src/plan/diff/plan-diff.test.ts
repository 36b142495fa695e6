import { describe, expect, it } from 'vitest'
import { type TopologyBuilder, topology, tumbling } from '../../dsl/index.ts'
import { int32, json, string } from '../../serde/index.ts'
import { type DescribedPlan, describeJson } from '../describe/describe-json.ts'
import { planTopology } from '../plan-topology.ts'
import { describeDiff } from './describe-diff.ts'
import { planDiff } from './plan-diff.ts'

const ORDERS = { key: string(), value: json<{ customer: string; cents: number }>() }

function described(build: (t: TopologyBuilder) => void, app = 'shop', partitions = 4): DescribedPlan {
  const plan = planTopology(topology('shop', build), { app })
  // What is saved is JSON.
  const text = JSON.stringify(describeJson(plan, new Map([...plan.topics.keys()].map((topic) => [topic, partitions]))))
  return JSON.parse(text) as DescribedPlan
}

const before = described((t) => {
  const orders = t.stream('orders', ORDERS)
  orders.groupByKey().count({ as: 'orders-per-id' })
  orders.groupBy((order) => order.customer).count({ as: 'orders-per-customer' })
  orders
    .groupByKey()
    .windowedBy(tumbling({ size: '1m' }))
    .count({ as: 'per-minute' })
})

describe('a plan diff', () => {
  it('keeps everything when nothing has changed', () => {
    expect(planDiff(before, before)).toEqual({
      app: null,
      kept: ['orders-per-id', 'orders-per-customer', 'per-minute'],
      renamed: [],
      orphaned: [],
      added: [],
      incompatible: [],
      orphanedTopics: [],
      addedTopics: [],
    })
  })

  it('keeps the state of named stores when operators come and go around them', () => {
    const after = described((t) => {
      const orders = t.stream('orders', ORDERS).filter((order) => order.cents > 0)
      orders.groupByKey().count({ as: 'orders-per-id' })
      orders.groupBy((order) => order.customer).count({ as: 'orders-per-customer' })
      orders
        .groupByKey()
        .windowedBy(tumbling({ size: '1m' }))
        .count({ as: 'per-minute' })
    })
    expect(planDiff(before, after)).toEqual(planDiff(before, before))
  })

  it('finds what was renamed, orphaned, added and became incompatible, and says so', () => {
    const after = described((t) => {
      const orders = t.stream('orders', ORDERS)
      orders.groupByKey().count({ as: 'order-counts' })
      orders
        .groupByKey()
        .windowedBy(tumbling({ size: '2m' }))
        .count({ as: 'per-minute' })
      orders.groupByKey().reduce((a, b) => ({ ...a, ...b }), { as: 'latest' })
    })
    const diff = planDiff(before, after)
    expect(diff).toMatchObject({
      kept: [],
      renamed: [{ from: 'orders-per-id', to: 'order-counts' }],
      orphaned: ['orders-per-customer'],
      added: ['latest'],
      incompatible: [{ store: 'per-minute', problems: ['window size 60000, now 120000'] }],
    })
    expect(describeDiff(diff)).toBe(
      `
incompatible  per-minute had window size 60000, now 120000
renamed       orders-per-id -> order-counts: its state stays under the old name, the new one begins empty
orphaned      orders-per-customer: nobody uses its state any more
new           latest: begins empty
topic unused  shop-orders-per-id-changelog
topic unused  shop-orders-per-customer-repartition
topic unused  shop-orders-per-customer-changelog
topic new     shop-order-counts-changelog
topic new     shop-latest-changelog`.trim(),
    )
  })

  it('finds serdes and partitions that have changed', () => {
    const after = described(
      (t) => {
        t.stream('orders', { key: int32(), value: json() }).groupByKey().count({ as: 'orders-per-id' })
      },
      'shop',
      8,
    )
    expect(planDiff(before, after).incompatible).toEqual([
      { store: 'orders-per-id', problems: ['key serde string, now int32', '4 partitions, now 8'] },
    ])
  })

  it('shares nothing between applications', () => {
    const other = described((t) => t.stream('orders', ORDERS).groupByKey().count({ as: 'orders-per-id' }), 'store')
    const diff = planDiff(before, other)
    expect(diff.app).toEqual({ deployed: 'shop', planned: 'store' })
    expect(diff.kept).toEqual([])
    expect(describeDiff(diff)).toContain('other app     shop -> store')
  })
})
