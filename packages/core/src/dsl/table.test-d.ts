import { expectTypeOf } from 'vitest'
import { double, int32, json, string } from '../serde/index.ts'
import { type GroupedTable, type Stream, type Table, topology } from './index.ts'

interface Order {
  readonly status: 'new' | 'paid'
  readonly customer: number
  readonly cents: bigint | null
}

void topology('types', (t) => {
  const orders = t.table('orders', { key: string(), value: json<Order>(), as: 'orders' })
  expectTypeOf(orders).toEqualTypeOf<Table<string, Order>>()
  expectTypeOf(orders.filter((order) => order.status === 'new')).toEqualTypeOf<Table<string, Order>>()
  // A null deletes the entry, so the values that are there are none.
  expectTypeOf(orders.mapValues((order) => order.cents)).toEqualTypeOf<Table<string, bigint>>()
  expectTypeOf(orders.mapValues((order) => order.customer).filter((n): n is 7 => n === 7)).toEqualTypeOf<Table<string, 7>>()
  expectTypeOf(orders.toStream()).toEqualTypeOf<Stream<string, Order | null>>()
  expectTypeOf(orders.toStream((_, key) => key.length)).toEqualTypeOf<Stream<number, Order | null, 'missing'>>()
  expectTypeOf(orders.toStream((order) => order?.customer ?? 0, { key: int32() })).toEqualTypeOf<Stream<number, Order | null>>()

  expectTypeOf(orders.groupBy((order) => order.status)).toEqualTypeOf<GroupedTable<'new' | 'paid', Order>>()
  expectTypeOf(orders.groupBy((order) => order.customer, { key: int32() })).toEqualTypeOf<GroupedTable<number, Order>>()
  const customers = orders.groupBy((order) => order.customer, { key: int32(), mapValue: (order) => order.cents })
  expectTypeOf(customers).toEqualTypeOf<GroupedTable<number, bigint>>()
  expectTypeOf(customers.count()).toEqualTypeOf<Table<number, number>>()
  expectTypeOf(customers.reduce({ add: (a, b) => a + b, subtract: (a, b) => a - b })).toEqualTypeOf<Table<number, bigint>>()
  expectTypeOf(
    customers.aggregate({ initial: () => ({ n: 0 }), add: (a) => ({ n: a.n + 1 }), subtract: (a) => ({ n: a.n - 1 }) }),
  ).toEqualTypeOf<Table<number, { n: number }>>()

  // @ts-expect-error the type of the key changes: its serde must be given
  orders.groupBy((order) => order.customer)
  // @ts-expect-error string() cannot write numbers
  orders.groupBy((order) => order.customer, { key: string() })
  // @ts-expect-error a change of the table must be undone as well
  customers.reduce({ add: (a, b) => a + b })
  // @ts-expect-error double() cannot write the values
  orders.to('out', { value: double() })
  // @ts-expect-error a stream of changes has deletions
  orders.toStream().filter((order) => order.status === 'new')
})
