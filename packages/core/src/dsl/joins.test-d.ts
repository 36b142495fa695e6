import { expectTypeOf } from 'vitest'
import { int32, json, nullable, string } from '../serde/index.ts'
import { type Stream, type Table, topology, tumbling } from './index.ts'

interface Order {
  readonly customerId: number
  readonly cents: number
}
interface Payment {
  readonly method: string
}
interface Customer {
  readonly name: string
}

void topology('types', (t) => {
  const orders = t.stream('orders', { key: string(), value: json<Order>() })
  const payments = t.stream('payments', { key: string(), value: nullable(json<Payment>()) })
  const loose = t.stream('loose', { key: nullable(string()), value: json<Order>() })
  const stock = t.table('stock', { key: string(), value: json<{ count: number }>() })
  const customers = t.table('customers', { key: int32(), value: json<Customer>() })
  const rates = t.globalTable('rates', { key: int32(), value: json<number>() })

  // Streams: a side that may be missing may be null, a value that is null never comes, a key may be missing on an outer side.
  const paid = orders.join(
    payments,
    (order, payment, key) => {
      expectTypeOf(payment).toEqualTypeOf<Payment>()
      expectTypeOf(key).toEqualTypeOf<string>()
      return { cents: order.cents, method: payment.method }
    },
    { within: '1h' },
  )
  expectTypeOf(paid).toEqualTypeOf<Stream<string, { cents: number; method: string }>>()
  const unpaid = loose.leftJoin(
    payments,
    (order, payment, key) => {
      expectTypeOf(payment).toEqualTypeOf<Payment | null>()
      expectTypeOf(key).toEqualTypeOf<string | null>()
      return order.cents
    },
    { within: { before: '1h', after: '-5m' }, grace: '1m' },
  )
  expectTypeOf(unpaid).toEqualTypeOf<Stream<string | null, number>>()
  orders.outerJoin(payments, (order, payment) => expectTypeOf([order, payment]).toEqualTypeOf<(Order | Payment | null)[]>(), {
    within: 5,
  })
  // @ts-expect-error how far apart records may be must be said
  orders.join(payments, (order) => order)
  orders.join(payments, (order) => order, { within: 5, key: string() })
  // @ts-expect-error the serde must write the keys
  orders.join(payments, (order) => order, { within: 5, key: int32() })
  // @ts-expect-error keys of different types
  orders.join(t.stream('numbers', { key: int32(), value: string() }), (a) => a, { within: 5 })
  // @ts-expect-error the serde of the key is missing
  orders.selectKey(() => 7).join(t.stream('numbers', { key: int32(), value: string() }), (a) => a, { within: 5 })
  orders
    .selectKey(() => 7, { key: int32() })
    .join(t.stream('numbers', { key: int32(), value: string() }), (a) => a, { within: 5 })

  // Streams and tables.
  expectTypeOf(orders.join(stock, (order, { count }) => order.cents * count)).toEqualTypeOf<Stream<string, number>>()
  expectTypeOf(loose.leftJoin(stock, (order, row) => row?.count ?? order.cents)).toEqualTypeOf<Stream<string | null, number>>()
  // @ts-expect-error the row may be missing
  loose.leftJoin(stock, (_order, { count }) => count)
  // @ts-expect-error keys of different types
  orders.join(customers, (order) => order)
  // @ts-expect-error tables can't be outer-joined with streams
  orders.outerJoin(stock, (order) => order)
  const perMinute = payments
    .groupByKey()
    .windowedBy(tumbling({ size: '1m' }))
    .count()
  // @ts-expect-error a windowed key is no plain key
  orders.join(perMinute, (order) => order)

  // Global tables: any key, and the stream's own stays.
  const converted = orders.join(rates, (order, rate) => order.cents * rate, { on: (order) => order.customerId })
  expectTypeOf(converted).toEqualTypeOf<Stream<string, number>>()
  expectTypeOf(orders.selectKey(() => 7).join(rates, (order, rate) => order.cents * rate, { on: (_, key) => key })).toEqualTypeOf<
    Stream<number, number, 'missing'>
  >()
  // @ts-expect-error the key to look under must be said
  orders.join(rates, (order, rate) => order.cents * rate)
  // @ts-expect-error it is a number
  orders.join(rates, (order, rate) => order.cents * rate, { on: () => 'seven' })

  // Tables: by key, by foreign key. A null result deletes.
  const amounts = orders.toTable().mapValues((order) => order.cents)
  expectTypeOf(amounts.join(stock, (cents, { count }) => (count > 0 ? cents : null))).toEqualTypeOf<Table<string, number>>()
  expectTypeOf(amounts.outerJoin(stock, (cents, row) => (cents ?? 0) * (row?.count ?? 0))).toEqualTypeOf<Table<string, number>>()
  const named = orders.toTable().leftJoin(customers, (order, customer) => ({ ...order, name: customer?.name }), {
    on: (order) => (order.customerId > 0 ? order.customerId : null),
    as: 'named-orders',
  })
  expectTypeOf(named).toEqualTypeOf<Table<string, { name: string | undefined; customerId: number; cents: number }>>()
  // @ts-expect-error keys of different types, and no foreign key
  orders.toTable().join(customers, (order) => order)
  // @ts-expect-error the foreign key is a number
  orders.toTable().join(customers, (order) => order, { on: () => 'seven' })
  // Tables whose keys are alike may be joined either way.
  const parents = t.table('people', { key: string(), value: json<{ parent: string }>() })
  expectTypeOf(
    parents.join(parents, (child, parent) => [child.parent, parent.parent], { on: (person) => person.parent }),
  ).toEqualTypeOf<Table<string, string[]>>()
})
