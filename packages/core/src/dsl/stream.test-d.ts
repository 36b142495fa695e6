import { expectTypeOf } from 'vitest'
import { bytes, double, int32, int64, json, string, type Windowed } from '../serde/index.ts'
import { type GroupedStream, type Stream, type Table, topology, tumbling, type WindowedTable } from './index.ts'

type Event = { readonly type: 'paid'; readonly cents: bigint } | { readonly type: 'shipped'; readonly carrier: string }
const serdes = { key: string(), value: json<Event>() }

void topology('types', (t) => {
  const events = t.stream('events', serdes)
  expectTypeOf(events).toEqualTypeOf<Stream<string, Event>>()

  // Values and keys flow.
  const paid = events.filter((event) => event.type === 'paid')
  expectTypeOf(paid).toEqualTypeOf<Stream<string, Extract<Event, { type: 'paid' }>>>()
  expectTypeOf(events.filterNot((event) => event.type === 'paid')).toEqualTypeOf<
    Stream<string, Extract<Event, { type: 'shipped' }>>
  >()
  expectTypeOf(events.filter((event) => event.type.length > 4)).toEqualTypeOf<Stream<string, Event>>()
  expectTypeOf(paid.mapValues((event) => event.cents)).toEqualTypeOf<Stream<string, bigint>>()
  expectTypeOf(events.flatMapValues((event) => [event.type])).toEqualTypeOf<Stream<string, 'paid' | 'shipped'>>()
  expectTypeOf(events.peek((event, key, record) => void [event.type, key.length, record.timestamp])).toEqualTypeOf<
    Stream<string, Event>
  >()
  expectTypeOf(events.merge(t.stream('numbers', { key: string(), value: double() }))).toEqualTypeOf<
    Stream<string, Event | number>
  >()

  // Branches have names, and what a type guard let pass is no longer in the branches after it.
  const branches = events
    .split()
    .branch('large', (event): event is Event => event.type.length > 4)
    .defaultBranch('rest')
  expectTypeOf(branches.rest).toEqualTypeOf<Stream<string, never>>()
  const split = events.split().branch('paid', (event) => event.type === 'paid')
  expectTypeOf(split.noDefaultBranch().paid).toEqualTypeOf<Stream<string, Extract<Event, { type: 'paid' }>>>()
  expectTypeOf(split.defaultBranch().default).toEqualTypeOf<Stream<string, Extract<Event, { type: 'shipped' }>>>()
  // @ts-expect-error there is no branch of that name
  void split.noDefaultBranch().shipped
  events.to((event, key, record) => `${event.type}-${key.length}-${record.topic}`)
  // @ts-expect-error topics have names
  events.to(() => 7)

  // The serde of the key is known, or remembered where it still fits, or missing.
  expectTypeOf(events.selectKey((event) => event.type)).toEqualTypeOf<Stream<'paid' | 'shipped', Event>>()
  expectTypeOf(events.selectKey(() => 7)).toEqualTypeOf<Stream<number, Event, 'missing'>>()
  expectTypeOf(events.selectKey(() => 7, { key: int32() })).toEqualTypeOf<Stream<number, Event>>()
  expectTypeOf(events.map((event, key) => [key.length, event.type])).toEqualTypeOf<
    Stream<number, 'paid' | 'shipped', 'missing'>
  >()
  expectTypeOf(events.map((event) => [1, event.type], { key: double() })).toEqualTypeOf<Stream<number, 'paid' | 'shipped'>>()
  expectTypeOf(events.flatMap((event) => [[1, event.type] as const], { key: int32() })).toEqualTypeOf<
    Stream<1, 'paid' | 'shipped'>
  >()
  expectTypeOf(events.selectKey(() => 7).filter(() => true)).toEqualTypeOf<Stream<number, Event, 'missing'>>()
  expectTypeOf(events.selectKey(() => 7).merge(events.selectKey(() => 8, { key: int32() }))).toEqualTypeOf<
    Stream<number, Event, 'known' | 'missing'>
  >()
  expectTypeOf(events.selectKey(() => 7).repartition({ key: int32() })).toEqualTypeOf<Stream<number, Event>>()
  expectTypeOf(events.selectKey((event) => (event.type === 'paid' ? 'p' : null)).groupByKey()).toEqualTypeOf<
    GroupedStream<'p', Event>
  >()
  expectTypeOf(events.groupBy((event) => event.type)).toEqualTypeOf<GroupedStream<'paid' | 'shipped', Event>>()
  expectTypeOf(events.groupBy((event) => event.type, { key: string() })).toEqualTypeOf<GroupedStream<'paid' | 'shipped', Event>>()
  expectTypeOf(events.groupBy(() => 7, { key: int32() })).toEqualTypeOf<GroupedStream<number, Event>>()
  events.selectKey(() => 7).to('out', { key: int32() })
  events.selectKey(() => 7).toTable({ key: int32() })

  // @ts-expect-error the type of the key changes: its serde must be given
  events.groupBy(() => 7)
  // @ts-expect-error options alone do not give it
  events.groupBy(() => 7, { name: 'sevens' })
  // @ts-expect-error int64 writes bigint
  events.groupBy(() => 7, { key: int64() })
  // @ts-expect-error the serde of the key is missing
  events.selectKey(() => 7).groupByKey()
  // @ts-expect-error the serde of the key is missing
  events.selectKey(() => 7).repartition()
  // @ts-expect-error the serde of the key is missing
  events.selectKey(() => 7).toTable()
  // @ts-expect-error the serde of the key is missing
  events.selectKey(() => 7).to('out')
  // @ts-expect-error the serde of the key is missing on one side
  events
    .selectKey(() => 7)
    .merge(events.selectKey(() => 8, { key: int32() }))
    .groupByKey()
  // @ts-expect-error the serde of the key is missing, though the new key has the same type
  events.selectKey(() => 7).groupBy((_, key) => key)
  // @ts-expect-error int64 writes bigint
  events.selectKey(() => 7, { key: int64() })
  // @ts-expect-error merged streams must have keys of one type
  events.merge(events.selectKey(() => 7, { key: int32() }))
  // @ts-expect-error the value has no such field
  events.filter((event) => event.amount > 0)
  // @ts-expect-error bytes cannot write these values
  events.mapValues((event) => event.type, { value: bytes() })
  // @ts-expect-error no such option
  events.groupByKey({ nmae: 'typo' })
  // @ts-expect-error no such unit
  tumbling({ size: '1 minute' })

  // Aggregates.
  expectTypeOf(events.groupByKey().count()).toEqualTypeOf<Table<string, number>>()
  expectTypeOf(paid.groupByKey().reduce((a, b) => ({ ...a, cents: a.cents + b.cents }))).toEqualTypeOf<
    Table<string, Extract<Event, { type: 'paid' }>>
  >()
  const totals = paid
    .groupByKey()
    .aggregate({ initial: () => ({ cents: 0n }), add: (total, e) => ({ cents: total.cents + e.cents }) })
  expectTypeOf(totals).toEqualTypeOf<Table<string, { cents: bigint }>>()
  // @ts-expect-error the aggregate is of another type than the initial one
  paid.groupByKey().aggregate({ initial: () => 0n, add: (total, event) => `${total}${event.cents}` })
  // @ts-expect-error unwindowed aggregates have no retention
  paid.groupByKey().count({ retention: '1d' })
  paid.groupByKey().count({ versioned: '1d' })
  const byMinute = paid.groupByKey().windowedBy(tumbling({ size: '1m' }))
  // @ts-expect-error windows keep no versions
  byMinute.count({ versioned: '1d' })

  // A windowed key is no plain one.
  const windows = events
    .groupByKey()
    .windowedBy(tumbling({ size: '1m' }))
    .count({ retention: '1d' })
  expectTypeOf(windows).toEqualTypeOf<WindowedTable<string, number>>()
  expectTypeOf(windows).toEqualTypeOf<Table<Windowed<string>, number>>()
  expectTypeOf(windows.toStream()).toEqualTypeOf<Stream<Windowed<string>, number | null>>()
  // @ts-expect-error the key is windowed
  windows.filter((_, key) => key.startsWith('a'))
  // @ts-expect-error a windowed table is no table with plain keys
  const plain: Table<string, number> = windows
  void plain
  // @ts-expect-error string() cannot write windowed keys
  windows.to('out', { key: string() })
  windows.toStream((_, { key }) => key, { key: string() }).to('out')
})
