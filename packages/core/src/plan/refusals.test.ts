import { describe, expect, it } from 'vitest'
import type { Connector } from '../connect/connector.ts'
import { hopping, type Stream, type Topology, type TopologyBuilder, topology, tumbling } from '../dsl/index.ts'
import { int32, json } from '../serde/index.ts'
import { type Order, order, orders, plan } from './test-support/orders.ts'

const connector = { name: 'test' } as Connector

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
