import { describe, expect, it } from 'vitest'
import type { Connector } from '../connect/connector.ts'
import { type TopologyBuilder, topology } from '../dsl/index.ts'
import { int32 } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'
import { order, orders, plan, topicsOf } from './test-support/orders.ts'

const connector = { name: 'test' } as Connector

describe('names', () => {
  it('of stores and internal topics come from `as`', () => {
    const { stores, topics, subtopologies } = plan((t) =>
      orders(t)
        .groupBy((o) => o.customer, { key: int32() })
        .count({ as: 'per-customer' }),
    )
    expect([...stores.keys()]).toEqual(['per-customer'])
    expect([...topics.keys()]).toEqual(['orders', 'app-per-customer-repartition', 'app-per-customer-changelog'])
    expect(subtopologies.map(({ name }) => name)).toEqual(['orders', 'per-customer-repartition'])
  })

  it('come from the path of the operator when it has none', () => {
    const { stores, topics, nodes } = plan((t) =>
      orders(t)
        .filter((o) => o.status !== '')
        .groupBy((o) => o.status)
        .count(),
    )
    expect([...stores.keys()]).toEqual(['orders-filter-group-by-count'])
    expect([...topics.keys()]).toContain('app-orders-filter-group-by-count-repartition')
    expect([...nodes.keys()]).toContain('orders/filter/group-by/count')
  })

  it('of a grouping give all its aggregates one repartition topic', () => {
    const shared = plan((t) => {
      const grouped = orders(t).groupBy((o) => o.status, { name: 'by-status' })
      grouped.count({ as: 'a' })
      grouped.count({ as: 'b' })
    })
    expect(topicsOf(shared, 'repartition')).toEqual(['app-by-status-repartition'])
    const own = plan((t) => {
      const grouped = orders(t).groupBy((o) => o.status)
      grouped.count({ as: 'a' })
      grouped.count({ as: 'b' })
    })
    expect(topicsOf(own, 'repartition')).toEqual(['app-a-repartition', 'app-b-repartition'])
  })

  it('get the application id in front, which may differ from the topology', () => {
    const shop = topology('shop', (t) => orders(t).groupByKey().count({ as: 'c' }))
    expect([...planTopology(shop, { app: 'shop-2' }).topics.keys()]).toEqual(['orders', 'shop-2-c-changelog'])
  })

  it('of feeds and views come from what they read and write', () => {
    const { topics, feeds, views } = plan((t) => {
      t.table({ feed: { connector, name: 'shop.orders', spec: 1 }, ...order }).to({ view: { connector, name: 'out', spec: 2 } })
    })
    expect([...topics.values()]).toEqual([
      { topic: 'app-shop.orders-feed', role: 'feed', cleanup: 'compact' },
      { topic: 'app-out-view', role: 'view', cleanup: 'compact' },
    ])
    expect(feeds).toEqual([{ connector, name: 'shop.orders', spec: 1, topic: 'app-shop.orders-feed' }])
    expect(views).toEqual([{ connector, name: 'out', spec: 2, app: 'app', topic: 'app-out-view', ...order }])
  })
})

describe('sub-topologies', () => {
  it('are cut at topics, and hold together what is connected', () => {
    const { subtopologies } = plan((t) => {
      const web = t.stream('web', order)
      const app = t.stream('app', order)
      web.merge(app).groupByKey().count({ as: 'clicks' })
      orders(t)
        .groupBy((o) => o.status)
        .count({ as: 'statuses' })
        .to('out')
    })
    expect(
      subtopologies.map(({ name, sourceTopics, sinkTopics, stores }) => ({ name, sourceTopics, sinkTopics, stores })),
    ).toEqual([
      { name: 'web', sourceTopics: ['web', 'app'], sinkTopics: [], stores: ['clicks'] },
      { name: 'orders', sourceTopics: ['orders'], sinkTopics: ['app-statuses-repartition'], stores: [] },
      { name: 'statuses-repartition', sourceTopics: ['app-statuses-repartition'], sinkTopics: ['out'], stores: ['statuses'] },
    ])
    expect(subtopologies[0]?.copartitioned).toEqual([{ topics: ['web', 'app'], operator: 'web/merge/count' }])
  })

  it('list every node once, in creation order', () => {
    const planned = plan((t) => {
      const stream = orders(t)
      stream.groupBy((o) => o.status).count({ as: 'a' })
      stream.peek(() => {}).to('copy')
    })
    expect(planned.subtopologies.flatMap(({ nodes }) => nodes).toSorted()).toEqual([...planned.nodes.keys()].toSorted())
    const position = new Map([...planned.nodes.keys()].map((id, index) => [id, index]))
    for (const { id, parents } of planned.nodes.values()) {
      for (const parent of parents) expect(position.get(parent)).toBeLessThan(position.get(id) ?? -1)
    }
  })
})

describe('sources', () => {
  const feed = { connector, name: 'shop.orders', spec: { table: 'orders' } }

  it('that are named twice are read once', () => {
    const { nodes, feeds, subtopologies } = plan((t) => {
      t.stream({ feed, ...order }).to('a')
      t.stream({ feed: { ...feed, spec: { table: 'orders' } }, ...order }).to('b')
    })
    expect([...nodes.keys()]).toEqual(['shop.orders', 'shop.orders/to', 'shop.orders/to-2'])
    expect([feeds.length, subtopologies.length]).toEqual([1, 1])
  })

  it('leave deletions out of streams of feeds only', () => {
    const skips = (build: (t: TopologyBuilder) => void): boolean[] =>
      [...plan(build).nodes.values()].flatMap((node) => (node.kind === 'source' ? [node.skipTombstones] : []))
    expect(skips((t) => t.stream({ feed, ...order }).to('a'))).toEqual([true])
    expect(skips((t) => t.table({ feed, ...order }).to('a'))).toEqual([false])
    expect(skips((t) => orders(t).to('a'))).toEqual([false])
    expect(skips((t) => t.stream('orders', { ...order, tombstones: 'skip' }).to('a'))).toEqual([true])
  })

  it('keep the topics of feeds as long as they are read: compacted as a table, forever as a stream', () => {
    const retention = (build: (t: TopologyBuilder) => void): unknown => plan(build).topics.get('app-shop.orders-feed')
    expect(retention((t) => t.stream({ feed, ...order }).to('a'))).toMatchObject({ cleanup: 'delete', retentionMs: -1 })
    expect(retention((t) => t.stream({ feed, ...order, retention: '1d' }).to('a'))).toMatchObject({ retentionMs: 86_400_000 })
    expect(retention((t) => t.table({ feed, ...order }).to('a'))).toMatchObject({ cleanup: 'compact' })
  })

  it('may be topics that the topology writes', () => {
    const { subtopologies, topics } = plan((t) => {
      orders(t).to('between')
      t.stream('between', order).to('out')
    })
    expect(subtopologies.map(({ name }) => name)).toEqual(['orders', 'between'])
    expect(topics.get('between')?.role).toBe('source')
  })

  it('have their dead-letter topic in the plan', () => {
    const { topics } = plan((t) => t.stream('orders', { ...order, onInvalid: { deadLetter: 'bad-orders' } }).to('out'))
    expect(topics.get('bad-orders')).toEqual({ topic: 'bad-orders', role: 'dead-letter', cleanup: 'delete' })
  })
})
