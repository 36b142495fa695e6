import { describe, expect, it } from 'vitest'
import type { Connector } from '../connect/connector.ts'
import { hopping, type Stream, type Topology, type TopologyBuilder, topology, tumbling } from '../dsl/index.ts'
import { int32, json, string } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'
import type { TopologyPlan } from './topology-plan.ts'

interface Order {
  readonly status: string
  readonly customer: number
}
const order = { key: string(), value: json<Order>() }
const connector = { name: 'test' } as Connector

function plan(build: (t: TopologyBuilder) => void): TopologyPlan {
  return planTopology(topology('app', build))
}

function orders(t: TopologyBuilder): Stream<string, Order> {
  return t.stream('orders', order)
}

function topicsOf({ topics }: TopologyPlan, role: string): string[] {
  return [...topics.values()].filter((topic) => topic.role === role).map(({ topic }) => topic)
}

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

describe('repartitioning', () => {
  const after = (change: (stream: Stream<string, Order>) => Stream<string, Order>): number =>
    topicsOf(
      plan((t) => change(orders(t)).groupByKey().count()),
      'repartition',
    ).length

  it('happens where the key may have changed before', () => {
    expect(after((s) => s.selectKey((o) => o.status))).toBe(1)
    expect(after((s) => s.map((o) => [o.status, o]))).toBe(1)
    expect(after((s) => s.flatMap((o) => [[o.status, o]] as const))).toBe(1)
    expect(after((s) => s.selectKey((o) => o.status).filter(() => true))).toBe(1)
    expect(after((s) => s.merge(s.selectKey((o) => o.status)))).toBe(1)
    expect(
      after((s) =>
        s
          .groupByKey()
          .reduce((_, o) => o)
          .toStream((_, key) => key)
          .filter((o) => o !== null),
      ),
    ).toBe(1)
  })

  it('does not happen where the key is as it was', () => {
    expect(after((s) => s)).toBe(0)
    expect(after((s) => s.mapValues((o) => o))).toBe(0)
    expect(after((s) => s.flatMapValues((o) => [o]))).toBe(0)
    expect(after((s) => s.filter(() => true).filterNot(() => false))).toBe(0)
    expect(after((s) => s.peek(() => {}))).toBe(0)
    expect(
      after((s) =>
        s
          .groupByKey()
          .reduce((_, o) => o)
          .toStream()
          .filter((o) => o !== null),
      ),
    ).toBe(0)
  })

  it('happens once, when asked for, and not again', () => {
    expect(after((s) => s.selectKey((o) => o.status).repartition())).toBe(1)
    expect(after((s) => s.repartition({ name: 'spread', partitions: 6 }))).toBe(1)
  })

  it('happens before toTable as well, and always for a grouped table', () => {
    const table = plan((t) =>
      orders(t)
        .selectKey((o) => o.status)
        .toTable({ as: 'latest' }),
    )
    expect(topicsOf(table, 'repartition')).toEqual(['app-latest-repartition'])
    expect([...table.stores.keys()]).toEqual(['latest'])
    const grouped = plan((t) =>
      t
        .table('orders', order)
        .groupBy((_, key) => key)
        .count({ as: 'c' }),
    )
    expect(topicsOf(grouped, 'repartition')).toEqual(['app-c-repartition'])
  })

  it('keeps records until they are read: by time they could go at once', () => {
    const { topics } = plan((t) =>
      orders(t)
        .groupBy((o) => o.status)
        .count({ as: 'c' }),
    )
    expect(topics.get('app-c-repartition')).toMatchObject({ cleanup: 'delete', retentionMs: -1 })
  })

  it('writes and reads without the checks of the edges', () => {
    const checked = { ...json<Order>(), unchecked: json<Order>() }
    const { nodes } = plan((t) =>
      t
        .stream('orders', { key: string(), value: checked })
        .groupBy((o) => o.status)
        .reduce((_, o) => o, { as: 'r' }),
    )
    const values = [...nodes.values()].flatMap((node) => ('value' in node ? [[node.id, node.value === checked]] : []))
    expect(values).toEqual([
      ['orders', true],
      ['orders/group-by/reduce:repartition', false],
      ['orders/group-by/reduce:repartition:read', false],
    ])
  })
})

describe('stores', () => {
  it('of windows keep size + grace, and their changelogs a day more', () => {
    const { stores, topics } = plan((t) =>
      orders(t)
        .groupByKey()
        .windowedBy(hopping({ size: '1m', advance: '20s', grace: '10s' }))
        .count({ as: 'w' }),
    )
    expect(stores.get('w')?.definition).toMatchObject({ kind: 'window', size: 60_000, retention: 70_000 })
    expect(topics.get('app-w-changelog')).toMatchObject({ cleanup: 'compact,delete', retentionMs: 70_000 + 86_400_000 })
  })

  it('of tables exist only when they are named or needed', () => {
    const stores = (build: (t: TopologyBuilder) => void): string[] => [...plan(build).stores.keys()]
    expect(
      stores((t) =>
        t
          .table('orders', order)
          .filter(() => true)
          .to('out'),
      ),
    ).toEqual([])
    expect(stores((t) => t.table('orders', { ...order, as: 'latest' }).to('out'))).toEqual(['latest'])
    expect(
      stores((t) =>
        t
          .table('orders', order)
          .filter(() => true, { as: 'some' })
          .to('out'),
      ),
    ).toEqual(['some'])
    expect(
      stores((t) =>
        t
          .table('orders', order)
          .groupBy((o) => o.status)
          .count({ as: 'c' }),
      ),
    ).toEqual(['orders', 'c'])
    expect(stores((t) => orders(t).toTable().to('out'))).toEqual([])
    expect(
      stores((t) =>
        orders(t)
          .toTable()
          .groupBy((o) => o.status)
          .count({ as: 'c' }),
      ),
    ).toEqual(['orders-to-table', 'c'])
  })

  it('have no changelog without logging, and cache as they are told', () => {
    const counts = topology('app', (t) => {
      const grouped = orders(t).groupByKey()
      grouped.count({ as: 'a', logging: false })
      grouped.count({ as: 'b', caching: true })
    })
    const { stores } = planTopology(counts, { caching: false })
    expect([...stores].map(([name, { definition, changelogTopic }]) => [name, definition.caching, changelogTopic])).toEqual([
      ['a', false, undefined],
      ['b', true, 'app-b-changelog'],
    ])
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

describe('a topology that is wrong is refused', () => {
  let kept: Stream<string, Order> | null = null
  const foreign: Topology = topology('other', (t) => {
    kept = orders(t)
    kept.to('x')
  })
  const leaked = (): Stream<string, Order> => {
    if (kept === null) throw new Error('the other topology was not built')
    return kept
  }

  it.each<[string, string, RegExp, (t: TopologyBuilder) => void]>([
    [
      'two stores of one name',
      'TOPOLOGY_NAME_CLASH',
      /Store "c" belongs to "orders\/count" and to "orders\/count-2"/,
      (t) => {
        orders(t).groupByKey().count({ as: 'c' })
        orders(t).groupByKey().count({ as: 'c' })
      },
    ],
    [
      'two groupings of one name',
      'TOPOLOGY_NAME_CLASH',
      /both use topic "app-g-repartition"/,
      (t) => {
        orders(t)
          .filter(() => true)
          .groupBy((o) => o.status, { name: 'g' })
          .count({ as: 'a' })
        orders(t)
          .filterNot(() => true)
          .groupBy((o) => o.status, { name: 'g' })
          .count({ as: 'b' })
      },
    ],
    [
      'two siblings of one name',
      'TOPOLOGY_NAME_CLASH',
      /Two operators after "orders" are named "f"/,
      (t) => {
        orders(t).filter(() => true, { name: 'f' })
        orders(t).peek(() => {}, { name: 'f' })
      },
    ],
    [
      'two views of one name',
      'TOPOLOGY_NAME_CLASH',
      /both use topic "app-v-view"/,
      (t) => {
        orders(t).to({ view: { connector, name: 'v', spec: 1 } })
        orders(t)
          .filter(() => true)
          .to({ view: { connector, name: 'v', spec: 1 } })
      },
    ],
    [
      'a store name with a slash',
      'TOPOLOGY_INVALID',
      /orders\/count: as: "a\/b" has the character "\/"/,
      (t) => {
        orders(t).groupByKey().count({ as: 'a/b' })
      },
    ],
    [
      'an operator name with a space',
      'TOPOLOGY_INVALID',
      /"my filter" has the character " "/,
      (t) => {
        orders(t).filter(() => true, { name: 'my filter' })
      },
    ],
    [
      'a topic name that is too long',
      'TOPOLOGY_INVALID',
      /has 301 characters/,
      (t) => {
        orders(t).to('x'.repeat(301))
      },
    ],
    [
      'an internal topic whose name gets too long',
      'TOPOLOGY_INVALID',
      /Give the operator a name with 'as' or 'name'/,
      (t) => {
        orders(t)
          .groupByKey()
          .count({ as: 'x'.repeat(245) })
      },
    ],
    [
      'a topic read as a stream and as a table',
      'TOPOLOGY_INVALID',
      /with different kinds: as a stream and as a table/,
      (t) => {
        orders(t).to('x')
        t.table('orders', order)
      },
    ],
    [
      'a topic read with two serdes',
      'TOPOLOGY_INVALID',
      /"orders" is read twice, with different key serdes: string and int32/,
      (t) => {
        orders(t).to('x')
        t.stream('orders', { key: int32(), value: json() })
      },
    ],
    [
      'a feed described in two ways',
      'TOPOLOGY_INVALID',
      /with different settings of the feed/,
      (t) => {
        t.stream({ feed: { connector, name: 'f', spec: { a: [1] } }, ...order })
        t.stream({ feed: { connector, name: 'f', spec: { a: [2] } }, ...order })
      },
    ],
    [
      'a topic read by two sources',
      'TOPOLOGY_INVALID',
      /Topic "orders" is read by "orders" and by "f"/,
      (t) => {
        orders(t).to('x')
        t.stream({ feed: { connector, name: 'f', spec: 1 }, topic: 'orders', ...order }).to('y')
      },
    ],
    [
      'an operator of another topology',
      'TOPOLOGY_INVALID',
      /belong to different topologies/,
      (t) => {
        orders(t).merge(leaked())
      },
    ],
    [
      'an operator added when the topology was built',
      'TOPOLOGY_INVALID',
      /was added after topology "other" was built/,
      () => {
        leaked().filter(() => true)
      },
    ],
    ['a topology without sources', 'TOPOLOGY_INVALID', /reads nothing/, () => {}],
    [
      'a hopping window that leaves gaps',
      'TOPOLOGY_INVALID',
      /advance \(20 ms\) is larger than size \(10 ms\)/,
      () => {
        hopping({ size: 10, advance: 20 })
      },
    ],
    [
      'a window without length',
      'TOPOLOGY_INVALID',
      /tumbling: size must be more than 0/,
      () => {
        tumbling({ size: 0 })
      },
    ],
    [
      'an advance of nothing',
      'TOPOLOGY_INVALID',
      /hopping: advance must be more than 0/,
      () => {
        hopping({ size: 10, advance: 0 })
      },
    ],
    [
      'a negative grace',
      'TOPOLOGY_INVALID',
      /tumbling: grace: -1 is negative/,
      () => {
        tumbling({ size: 10, grace: -1 })
      },
    ],
    [
      'a retention shorter than the window',
      'TOPOLOGY_INVALID',
      /Store "w": retention \(14 ms\) is shorter than the window and its grace/,
      (t) => {
        orders(t)
          .groupByKey()
          .windowedBy(tumbling({ size: 10, grace: 5 }))
          .count({ as: 'w', retention: 14 })
      },
    ],
    [
      'no partitions',
      'TOPOLOGY_INVALID',
      /partitions must be a whole number above 0/,
      (t) => {
        orders(t).repartition({ partitions: 0 })
      },
    ],
    [
      'merged streams whose keys are written differently',
      'SERDE_MISSING',
      /two streams with different key serdes were merged/,
      (t) => {
        orders(t)
          .merge(t.stream('others', { key: json<string>(), value: json<Order>() }))
          .groupByKey()
      },
    ],
  ])('%s', (_what, code, message, build) => {
    expect(() => plan(build)).toThrow(message)
    expect(() => plan(build)).toThrow(expect.objectContaining({ code }))
    expect(foreign.nodes).toHaveLength(2)
  })
})
