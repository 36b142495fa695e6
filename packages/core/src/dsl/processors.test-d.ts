import { expectTypeOf } from 'vitest'
import type {
  ProcessorKeyValueStore,
  ProcessorRecord,
  ProcessorSessionStore,
  ProcessorTimestampedStore,
  ProcessorWindowStore,
} from '../plan/index.ts'
import { double, int32, json, nullable, string } from '../serde/index.ts'
import { keyValueStore, sessionStore, type Stream, type Table, timestampedStore, topology, windowStore } from './index.ts'

interface Order {
  readonly cents: number
}
const counts = keyValueStore('counts', { key: string(), value: int32() })
const latest = timestampedStore('latest', { key: string(), value: json<Order>() })
const recent = windowStore('recent', { key: int32(), value: string(), size: '1m' })
const visits = sessionStore('visits', { key: int32(), value: string(), retention: '1m' })

void topology('types', (t) => {
  const orders = t.stream('orders', { key: string(), value: json<Order>() })

  // What is forwarded is typed by the serdes, and is what comes in where there are none.
  const doubled = orders.process(
    (context) => (record) => {
      expectTypeOf(record).toEqualTypeOf<ProcessorRecord<string, Order>>()
      return context.forward({ key: record.value.cents, value: 'x' })
    },
    { key: double(), value: string() },
  )
  expectTypeOf(doubled).toEqualTypeOf<Stream<number, string>>()
  expectTypeOf(orders.process((context) => (record) => context.forward(record))).toEqualTypeOf<Stream<string, Order>>()
  expectTypeOf(
    orders.process((context) => (record) => context.forward({ ...record, value: null }), { value: nullable(string()) }),
  ).toEqualTypeOf<Stream<string, string | null>>()
  expectTypeOf(
    orders.processValues(
      (context) =>
        ({ value }) =>
          context.forward({ value: value.cents }),
      { value: int32() },
    ),
  ).toEqualTypeOf<Stream<string, number>>()
  expectTypeOf(orders.mapAsync(async (order, key) => `${key} ${order.cents}`)).toEqualTypeOf<Stream<string, string>>()
  orders.process((context) => {
    return ({ key }) => {
      // @ts-expect-error values of another type need a serde
      return context.forward({ key, value: 7 })
    }
  })
  orders.process((context) => {
    return ({ value }) => {
      // @ts-expect-error keys of another type need a serde
      return context.forward({ key: 7, value })
    }
  })
  // @ts-expect-error the function does not wait: see mapValues
  orders.mapAsync((order) => order.cents)
  // @ts-expect-error how the keys are told apart is not known
  orders.selectKey(() => 7).mapAsync(async (order) => order.cents)

  // Stores are typed by their builders.
  orders.process(
    (context) => {
      expectTypeOf(context.store(counts)).toEqualTypeOf<ProcessorKeyValueStore<string, number>>()
      expectTypeOf(context.store(latest)).toEqualTypeOf<ProcessorTimestampedStore<string, Order>>()
      expectTypeOf(context.store(recent)).toEqualTypeOf<ProcessorWindowStore<number, string>>()
      expectTypeOf(context.store(visits)).toEqualTypeOf<ProcessorSessionStore<number, string>>()
      return () => undefined
    },
    { stores: [counts, latest, recent, visits] },
  )
  orders.process(
    (context) => {
      // @ts-expect-error the processor was not given this store
      context.store(latest)
      return () => undefined
    },
    { stores: [counts] },
  )

  // Values of a table by code with state.
  expectTypeOf(
    t
      .table('prices', { key: string(), value: json<Order>() })
      .transformValues(
        (context) => (order, key) => (order === null ? null : order.cents + (context.store(counts).get(key) ?? 0)),
        { stores: [counts] },
      ),
  ).toEqualTypeOf<Table<string, number>>()

  // By name, types come from the parents that are streams.
  const source = t.addSource('in', 'in', { key: string(), value: json<Order>() })
  expectTypeOf(
    t.addProcessor(
      'p',
      (context) =>
        ({ key, value }) =>
          context.forward({ key, value: value.cents }),
      [source],
      { value: int32() },
    ),
  ).toEqualTypeOf<Stream<string, number>>()
})
