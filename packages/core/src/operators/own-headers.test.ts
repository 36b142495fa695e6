import { describe, expect, it } from 'vitest'
import { type Stream, topology, type TopologyBuilder, untilTimeLimit } from '../dsl/index.ts'
import { string } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

const TEXT = { key: string(), value: string() }
const CAME = [['h', Buffer.from('x')]] as const

type HoldsBack = (t: TopologyBuilder, source: Stream<string, string>) => void

const HOLDING_BACK: readonly (readonly [string, HoldsBack])[] = [
  ['suppress', (_, source) => source.toTable({ as: 'rows', caching: false }).suppress(untilTimeLimit(5)).to('out')],
  [
    'a join with grace',
    (t, source) => {
      const table = t.table('table', { ...TEXT, as: 'table', versioned: 1000 })
      source.leftJoin(table, (a, b) => `${a}+${b}`, { grace: 5, value: string() }).to('out')
    },
  ],
]

describe('a record that is held back', () => {
  it.each(HOLDING_BACK)('leaves %s with the headers that it came with, whatever a processor adds later', async (_, holdBack) => {
    const program = topology('beside', (t) => {
      const source = t.stream('in', TEXT)
      holdBack(t, source)
      source.process((context) => (record) => {
        record.headers.push(['added', Buffer.from('later')])
        return context.forward(record)
      })
    })
    await using driver = await TopologyTestDriver.open(program)
    const input = driver.input('in', TEXT)
    await input.pipe('a', '1', { timestamp: 1, headers: CAME })
    await input.pipe('b', '1', { timestamp: 9 })
    expect(driver.output('out').readAll()).toMatchObject([{ key: 'a', headers: CAME }])
  })
})
