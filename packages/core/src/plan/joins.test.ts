import { describe, expect, it } from 'vitest'
import { type TopologyBuilder, topology } from '../dsl/index.ts'
import { int32, json, string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'
import { describeJson } from './describe/describe-json.ts'
import { describeMermaid } from './describe/describe-mermaid.ts'
import { describeText } from './describe/describe-text.ts'
import { resolvePartitions } from './resolve-partitions.ts'
import { plan, topicsOf } from './test-support/orders.ts'

const TEXT = { key: string(), value: string() }

function partitions(known: Readonly<Record<string, number>>, build: (t: TopologyBuilder) => void): Record<string, number> {
  return Object.fromEntries(resolvePartitions(plan(build), new Map(Object.entries(known)), { partitions: 4 }))
}

function internalTopics(build: (t: TopologyBuilder) => void): readonly string[] {
  return topicsOf(plan(build), 'repartition', 'changelog')
}

describe('the plan of a join', () => {
  it('of streams keeps both sides, and in outer joins what has found nothing, under the name of the join', () => {
    expect(
      internalTopics((t) => {
        t.stream('l', TEXT).leftJoin(t.stream('r', TEXT), (a, b) => `${a}${b}`, { within: '1m', as: 'pairs' })
      }),
    ).toEqual(['app-pairs-left-changelog', 'app-pairs-right-changelog', 'app-pairs-unmatched-changelog'])
  })

  it('keeps records for before + after + grace, and their changelog a day longer', () => {
    const joined = plan((t) => {
      t.stream('l', TEXT).join(t.stream('r', TEXT), (a, b) => a + b, {
        within: { before: 1000, after: 2000 },
        grace: 500,
        as: 'p',
      })
    })
    expect(describeJson(joined).stores['p-left']).toMatchObject({ kind: 'window', retention: 3501 })
    expect(joined.topics.get('app-p-left-changelog')).toMatchObject({ cleanup: 'compact,delete', retentionMs: 86_403_501 })
  })

  it('repartitions the sides whose keys were changed, each under its own name', () => {
    expect(
      internalTopics((t) => {
        const left = t.stream('l', TEXT).selectKey((value) => value)
        const right = t.stream('r', TEXT).selectKey((value) => value)
        left.join(right, (a, b) => a + b, { within: 10, as: 'pairs', logging: false })
        left.join(t.table('rows', { ...TEXT, as: 'rows', logging: false }), (a, b) => a + b, { as: 'looked-up' })
      }),
    ).toEqual(['app-pairs-left-repartition', 'app-pairs-right-repartition', 'app-looked-up-repartition'])
  })

  it('writes the keys of both sides with the serde that it is given', async () => {
    const code = { ...string(), name: 'code' }
    const program = topology('app', (t) => {
      const [left, right] = [t.stream('l', TEXT), t.stream('r', { key: code, value: string() })]
      const rows = t.table('rows', { key: code, value: string() })
      left.join(right, (a, b) => a + b, { within: 10, key: code, value: string() }).to('pairs')
      left.join(rows, (a, b) => a + b, { key: code, value: string() }).to('looked-up')
      t.table('others', TEXT)
        .join(rows, (a, b) => a + b, { key: code, value: string() })
        .to('joined')
    })
    await using driver = await TopologyTestDriver.open(program)
    for (const topic of ['others', 'rows', 'r', 'l']) await driver.input(topic, TEXT).pipe('k', topic)
    const values = (topic: string) =>
      driver
        .output(topic, TEXT)
        .readAll()
        .map(({ value }) => value)
    expect(['pairs', 'looked-up', 'joined'].map(values)).toEqual([['lr'], ['lrows'], ['othersrows']])
  })

  it('without a name shares the repartition topic of its stream with the others', () => {
    expect(
      internalTopics((t) => {
        const left = t.stream('l', TEXT).selectKey((value) => value)
        left.join(left, (a, b) => a + b, { within: 10, logging: false })
        left.leftJoin(t.table('rows', { ...TEXT, as: 'rows', logging: false }), (a, b) => `${a}${b}`)
      }),
    ).toEqual(['app-l-select-key-repartition'])
  })

  it('does not repartition for a global table, which is in no sub-topology', () => {
    const joined = plan((t) => {
      const rates = t.globalTable('rates', { key: int32(), value: string(), as: 'rates' })
      t.stream('l', TEXT)
        .selectKey((value) => value)
        .join(rates, (a, b) => a + b, { on: (value) => value.length })
        .to('out')
    })
    expect([...joined.topics.keys()]).toEqual(['rates', 'l', 'out'])
    expect(joined.subtopologies.map(({ name, stores }) => [name, stores])).toEqual([['l', []]])
    expect(describeJson(joined).globals).toEqual([{ store: 'rates', topic: 'rates' }])
  })

  it('lets records without a key through where a join downstream passes them on', () => {
    const droppers = (build: (t: TopologyBuilder) => void): readonly boolean[] =>
      [...plan(build).nodes.values()].flatMap((node) => (node.kind === 'repartition' ? [node.dropNullKeys] : []))
    const moved = (t: TopologyBuilder) => t.stream('l', TEXT).selectKey((value): string | null => value)
    const rows = (t: TopologyBuilder) => t.table('rows', TEXT)
    expect(droppers((t) => moved(t).join(rows(t), (a, b) => a + b))).toEqual([true])
    expect(droppers((t) => moved(t).leftJoin(rows(t), (a, b) => `${a}${b}`))).toEqual([false])
    expect(
      droppers((t) =>
        moved(t)
          .repartition()
          .leftJoin(rows(t), (a, b) => `${a}${b}`),
      ),
    ).toEqual([false])
    expect(droppers((t) => moved(t).outerJoin(t.stream('r', TEXT), (a, b) => `${a}${b}`, { within: 10 }))).toEqual([false])
    expect(droppers((t) => moved(t).groupByKey().count())).toEqual([true])
  })

  it('wants the topics of both sides to have the same number of partitions, and names them', () => {
    expect(() =>
      partitions({ l: 3, r: 5 }, (t) => {
        t.stream('l', TEXT).join(t.stream('r', TEXT), (a, b) => a + b, { within: 10, as: 'pairs', name: 'pairs' })
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'NOT_COPARTITIONED',
        message: expect.stringMatching(/"l\/pairs".*"l" \(3 partitions\).*"r" \(5 partitions\)/),
      }),
    )
    expect(() =>
      partitions({ l: 3, r: 5 }, (t) => {
        t.table('l', TEXT).leftJoin(t.table('r', TEXT), (a, b) => `${a}${b}`)
      }),
    ).toThrow(expect.objectContaining({ code: 'NOT_COPARTITIONED' }))
  })

  it('gives a side that is repartitioned as many partitions as the other has', () => {
    const counts = partitions({ l: 3, r: 5 }, (t) => {
      const left = t.stream('l', TEXT).selectKey((value) => value)
      left.join(t.stream('r', TEXT), (a, b) => a + b, { within: 10, as: 'pairs', logging: false })
    })
    expect(counts).toMatchObject({ 'app-pairs-left-repartition': 5 })
  })

  it('by foreign key asks by the partitions of the right side, and answers by those of the left', () => {
    const counts = partitions({ l: 3, r: 5 }, (t) => {
      t.table('l', { ...TEXT, as: 'left', logging: false }).join(
        t.table('r', { ...TEXT, as: 'right', logging: false }),
        (a, b) => a + b,
        {
          on: (value) => value,
          as: 'named',
        },
      )
    })
    expect(counts).toMatchObject({
      'app-named-subscriptions-repartition': 5,
      'app-named-subscriptions-changelog': 5,
      'app-named-responses-repartition': 3,
      'app-named-changelog': 3,
    })
  })

  it('asks the tables for old values as Kafka Streams does: left joins their left side, outer joins and foreign keys both', () => {
    const senders = (build: (t: TopologyBuilder) => void): readonly string[] => [...plan(build).needsPrevious]
    const plus = (a: string | null, b: string | null): string => `${a}${b}`
    const options = { value: string() }
    const join = (mode: 'join' | 'leftJoin' | 'outerJoin') => (t: TopologyBuilder) => {
      const [l, r] = [t.table('l', TEXT), t.table('r', TEXT)]
      if (mode === 'join') return l.join(r, plus, options)
      return mode === 'leftJoin' ? l.leftJoin(r, plus, options) : l.outerJoin(r, plus, options)
    }
    expect(senders(join('join'))).toEqual([])
    expect(senders(join('leftJoin'))).toEqual(['l'])
    expect(senders(join('outerJoin'))).toEqual(['l', 'r'])
    expect(
      senders(
        (t) =>
          void join('join')(t)
            .groupBy((row) => row)
            .count(),
      ),
    ).toEqual(['l', 'r', 'l/join'])
    expect(
      senders((t) => {
        t.table('l', TEXT).join(t.table('r', TEXT), plus, { on: (row) => row, value: string() })
      }),
    ).toEqual(['l', 'r'])
  })

  it('gives a store to a source that it looks into', () => {
    expect([
      ...plan(
        (t) =>
          void t.stream('l', TEXT).join(
            t.table('r', TEXT).filter(() => true),
            (a, b) => a + b,
          ),
      ).stores.keys(),
    ]).toEqual(['r'])
  })
})

describe('the description of a join', () => {
  it('shows global tables, and both topics of a foreign key', () => {
    const joined = plan((t) => {
      const rates = t.globalTable('rates', { ...TEXT, as: 'rates' })
      t.stream('l', TEXT).join(rates, (a, b) => a + b, { on: (value) => value, name: 'priced' })
      t.table('a', { ...TEXT, as: 'a' }).join(t.table('b', { ...TEXT, as: 'b' }), (a, b) => a + b, {
        on: (value) => value,
        as: 'named',
      })
    })
    const text = describeText(joined)
    expect(text).toContain('   Global: rates (topics: [rates], stores: [rates])')
    expect(text).toContain('Processor: l/priced (stores: [rates])')
    expect(text).toContain('Sink: a/join:subscribe (topic: app-named-subscriptions-repartition)')
    expect(text).toContain('Processor: a/join:respond (stores: [named-subscriptions], topic: app-named-responses-repartition)')
    const drawn = describeMermaid(joined)
    const nameOf = (label: string): string => new RegExp(`(\\w+)[[(/]+"${label}"`).exec(drawn)?.[1] ?? 'missing'
    expect(drawn).toContain(`${nameOf('rates')} --> `)
    expect(drawn).toContain(`${nameOf('join:respond: foreign-key-respond')} --> ${nameOf('app-named-responses-repartition')}`)
  })
})

describe('a join is refused', () => {
  it.each<[string, RegExp, (t: TopologyBuilder) => void]>([
    [
      'with an empty window',
      /l\/join: the window is empty: it reaches from -5 to -10 ms around the left record/,
      (t) => t.stream('l', TEXT).join(t.stream('r', TEXT), (a, b) => a + b, { within: { before: 5, after: -10 } }),
    ],
    [
      'with a negative grace',
      /l\/join: grace: -1 is negative/,
      (t) => t.stream('l', TEXT).join(t.stream('r', TEXT), (a, b) => a + b, { within: 5, grace: -1 }),
    ],
    [
      'of keys that are written differently',
      /l\/join: the keys of "l" are written as string, those of "r" as json/,
      (t) => t.stream('l', TEXT).join(t.table('r', { key: json<string>(), value: string() }), (a, b) => a + b),
    ],
    [
      'with grace on a table without versions',
      /l\/join: grace needs a versioned table, and "r" has only the latest version of each row/,
      (t) => t.stream('l', TEXT).join(t.table('r', TEXT), (a, b) => a + b, { grace: 5 }),
    ],
    [
      'with grace beyond the history of the table',
      /l\/join: grace is 11 ms, but "r" keeps its versions for 10 ms/,
      (t) => t.stream('l', TEXT).join(t.table('r', { ...TEXT, versioned: 10 }), (a, b) => a + b, { grace: 11 }),
    ],
    [
      'under the name of another store',
      /Store "x" belongs to "r" and to "l\/join"/,
      (t) => {
        t.table('l', TEXT).join(t.table('r', { ...TEXT, as: 'x' }), (a, b) => a + b, { as: 'x' })
      },
    ],
    [
      'with a global table whose topic is read elsewhere too',
      /"r" is read twice, once as a global table/,
      (t) => {
        t.globalTable('r', TEXT)
        t.stream('r', TEXT)
      },
    ],
  ])('%s', (_what, message, build) => {
    expect(() => plan(build)).toThrow(message)
  })
})
