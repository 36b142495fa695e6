import { describe, expect, it } from 'vitest'
import { hopping, type Stream, type TopologyBuilder, topology } from '../dsl/index.ts'
import { json, string } from '../serde/index.ts'
import { planTopology } from './plan-topology.ts'
import { type Order, order, orders, plan, topicsOf } from './test-support/orders.ts'

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
