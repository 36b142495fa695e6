import { describe, expectTypeOf, it } from 'vitest'
import { int32, json, string, type Windowed } from '../serde/index.ts'
import {
  session,
  sliding,
  type Table,
  type TopologyBuilder,
  tumbling,
  untilTimeLimit,
  untilWindowCloses,
  type WindowedTable,
} from './index.ts'

declare const t: TopologyBuilder
const clicks = () => t.stream('clicks', { key: string(), value: json<{ page: string }>() }).groupByKey()
const byNumber = () => t.stream('orders', { key: int32(), value: json<{ cents: number }>() }).groupByKey()

describe('types of windows', () => {
  it('keys of windowed tables are keys with a window', () => {
    expectTypeOf(() =>
      clicks()
        .windowedBy(sliding({ difference: 1 }))
        .count(),
    ).returns.toEqualTypeOf<WindowedTable<string, number>>()
    expectTypeOf(() =>
      clicks()
        .windowedBy(session({ gap: 1 }))
        .emitStrategy('on-window-close')
        .count(),
    ).returns.toEqualTypeOf<Table<Windowed<string>, number>>()
  })

  it('an aggregate by session says how sessions are merged', () => {
    expectTypeOf(() =>
      clicks()
        .windowedBy(session({ gap: 1 }))
        // @ts-expect-error merge is missing
        .aggregate({ initial: () => 0, add: (sum: number) => sum + 1 }),
    ).toBeFunction()
  })

  it('there are two strategies', () => {
    expectTypeOf(() =>
      clicks()
        .windowedBy(tumbling({ size: 1 }))
        // @ts-expect-error no such strategy
        .emitStrategy('on-close'),
    ).toBeFunction()
  })

  it('a cogroup has keys of one type, and one aggregate', () => {
    const sum = (total: number): number => total
    expectTypeOf(() =>
      clicks()
        .cogroup(sum)
        .aggregate({ initial: () => 0 }),
    ).returns.toEqualTypeOf<Table<string, number>>()
    // @ts-expect-error keys are text here and numbers there
    expectTypeOf(() => clicks().cogroup(sum).cogroup(byNumber(), sum)).toBeFunction()
    expectTypeOf(() =>
      clicks()
        .cogroup(sum)
        // @ts-expect-error the aggregate is a number
        .aggregate({ initial: () => 'none' }),
    ).toBeFunction()
  })

  it('windows can only be waited for where there are windows', () => {
    expectTypeOf(() =>
      clicks()
        .windowedBy(tumbling({ size: 1 }))
        .count()
        .suppress(untilWindowCloses()),
    ).toBeFunction()
    expectTypeOf(() => clicks().count().suppress(untilTimeLimit('1s'))).toBeFunction()
    // @ts-expect-error its keys have no window
    expectTypeOf(() => clicks().count().suppress(untilWindowCloses())).toBeFunction()
  })
})
