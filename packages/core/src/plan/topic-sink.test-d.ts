import { expectTypeOf } from 'vitest'
import type { SinkView } from '../connect/connector.ts'
import { topology, tumbling } from '../dsl/index.ts'
import { int32, json, nullable, string, type Windowed } from '../serde/index.ts'
import type { ColumnValue, TopicSink, ViewKey, ViewValue } from './topic-sink.ts'
import type { TopicSource } from './topic-source.ts'

// A connector's function, as a connector would type it.
function view<const Columns extends readonly string[], const Value extends string | undefined = undefined>(_options: {
  key: Columns
  value?: Value
}): TopicSink<ViewKey<Columns>, ViewValue<Value>> {
  return { view: SINK }
}
declare const SINK: SinkView

expectTypeOf<ViewKey<['id']>>().toEqualTypeOf<ColumnValue | { readonly id: ColumnValue }>()
expectTypeOf<ViewKey<['id', 'windowStart']>>().toEqualTypeOf<Windowed<ColumnValue | { readonly id: ColumnValue }>>()
expectTypeOf<ViewKey<['a', 'b']>>().toEqualTypeOf<{ readonly a: ColumnValue; readonly b: ColumnValue }>()

interface Click {
  readonly page: string
  readonly user: number
}

void topology('views', (t) => {
  const clicks = t.stream('clicks', { key: string(), value: json<Click>() })
  const counts = clicks.groupByKey().count()
  const windows = clicks
    .groupByKey()
    .windowedBy(tumbling({ size: '1m' }))
    .count()
  const pairs = clicks.groupBy(({ page, user }) => ({ page, user }), { key: json<{ page: string; user: number }>() })

  clicks.to(view({ key: ['page'] }))
  counts.to(view({ key: ['user'], value: 'clicks' }))
  windows.to(view({ key: ['user', 'windowStart'], value: 'clicks' }))
  windows.to(view({ key: ['user', 'windowStart', 'windowEnd'], value: 'clicks' }))
  pairs.count().to(view({ key: ['page', 'user'], value: 'clicks' }))
  pairs
    .windowedBy(tumbling({ size: '1m' }))
    .count()
    .to(view({ key: ['page', 'user', 'windowStart'], value: 'clicks' }))

  // @ts-expect-error the table is windowed: the window must be part of the key
  windows.to(view({ key: ['user'], value: 'clicks' }))
  // @ts-expect-error the table is not windowed
  counts.to(view({ key: ['user', 'windowStart'], value: 'clicks' }))
  // @ts-expect-error a number needs the name of its column
  counts.to(view({ key: ['user'] }))
  // @ts-expect-error two key columns need an object with both
  counts.to(view({ key: ['user', 'page'], value: 'clicks' }))
  // @ts-expect-error the key has no field of that name
  pairs.count().to(view({ key: ['page', 'customer'], value: 'clicks' }))

  // A sink takes what it can take, and anything narrower.
  const wide: TopicSink<string | number, unknown> = { topic: 'wide' }
  clicks.to(wide)
  const narrow: TopicSink<string, Click & { extra: true }> = { topic: 'narrow' }
  // @ts-expect-error the values lack a field
  clicks.to(narrow)
})

// Sources are plain values, and say what they yield.
const source: TopicSource<number, Click> = {
  topic: 'clicks',
  key: int32(),
  value: json<Click>(),
  timestamp: (click) => click.user,
}
void topology('sources', (t) => {
  t.stream(source).filter((click, user) => click.user === user)
  t.stream('maybe', { key: string(), value: nullable(json<Click>()) }).filter((click) => click === null)
  // @ts-expect-error partitions are asked for where the topic is made: for feeds
  t.stream({ topic: 'clicks', key: int32(), value: json<Click>(), partitions: 3 })
  // @ts-expect-error how keys are read must be said
  t.stream('clicks', { value: json<Click>() })
})
