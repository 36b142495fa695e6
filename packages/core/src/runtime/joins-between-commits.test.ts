import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { session, type Table, topology, type Topology, type TopologyBuilder, tumbling } from '../dsl/index.ts'
import { string, type Windowed } from '../serde/index.ts'
import { createApp } from './app.ts'
import { Lab } from './test-support/lab.ts'

const TEXT = { key: string(), value: string() }
const VALUE = { value: string() }

type Rows = readonly (readonly [key: string, value: string | null, timestamp?: number])[]

describe('joins of tables, when several rows change between two commits', () => {
  let lab: Lab

  beforeEach(async () => {
    lab = await Lab.open()
    await lab.topics('left', 'right', 'out')
  })
  afterEach(() => lab.close())

  /** These are there when the app starts, and are processed together. */
  const after = async (program: Topology, left: Rows, right: Rows): Promise<Record<string, string | null>> => {
    await lab.produce('left', left)
    await lab.produce('right', right)
    const app = createApp(program, { log: lab.log, stateDir: lab.stateDir, logger: false, commitInterval: 5 })
    await app.start()
    await app.caughtUp()
    await app.stop()
    return lab.table('out')
  }

  describe('by key', () => {
    const joined = (t: TopologyBuilder): Table<string, string> =>
      t.table('left', TEXT).join(t.table('right', TEXT), (l, r) => `${l}+${r}`, VALUE)

    it('take back what both sides have lost', async () => {
      const program = topology('shop', (t) => joined(t).to('out', VALUE))
      expect(await after(program, [['a', 'l']], [['a', 'r']])).toEqual({ a: 'l+r' })
      expect(await after(program, [['a', null]], [['a', null]])).toEqual({ a: null })
    })

    it('add and subtract each row once', async () => {
      const program = topology('shop', (t) =>
        joined(t)
          .groupBy((row) => row)
          .count()
          .mapValues(String, VALUE)
          .to('out', VALUE),
      )
      expect(await after(program, [['a', 'l1']], [['a', 'r1']])).toEqual({ 'l1+r1': '1' })
      expect(await after(program, [['a', 'l2']], [['a', 'r2']])).toMatchObject({ 'l1+r1': '0', 'l2+r2': '1' })
    })

    type Count = (t: TopologyBuilder, topic: string) => Table<Windowed<string>, number>
    it.each<readonly [string, Count]>([
      [
        'windows',
        (t, topic) =>
          t
            .stream(topic, TEXT)
            .groupByKey()
            .windowedBy(tumbling({ size: 100 }))
            .count(),
      ],
      [
        'sessions',
        (t, topic) =>
          t
            .stream(topic, TEXT)
            .groupByKey()
            .windowedBy(session({ gap: 10 }))
            .count(),
      ],
    ])('add and subtract %s once', async (_, count) => {
      const program = topology('shop', (t) =>
        count(t, 'left')
          .join(count(t, 'right'), (l, r, { window }) => `${l}+${r} until ${window.end}`, VALUE)
          .groupBy((row) => row, { key: string() })
          .count()
          .mapValues(String, VALUE)
          .to('out', VALUE),
      )
      const first = await after(program, [['a', '', 5]], [['a', '', 5]])
      expect(Object.values(first)).toEqual(['1'])
      const [row = ''] = Object.keys(first)
      const second = await after(program, [['a', '', 8]], [['a', '', 8]])
      expect(second).toMatchObject({ [row]: '0' })
      expect(Object.values(second).filter((times) => times !== '0')).toEqual(['1'])
    })
  })

  describe('by foreign key', () => {
    const CHANGES: Readonly<Record<string, Rows>> = {
      changed: [['a', 'z2']],
      'gone and come back': [
        ['a', null],
        ['a', 'z2'],
      ],
      'come to name nothing, and changed again': [
        ['a', '-2'],
        ['a', '-3'],
      ],
      'come to name nothing, and gone': [
        ['a', '-2'],
        ['a', null],
      ],
    }
    const cases = Object.entries(CHANGES).flatMap(([what, left]) => [false, true].map((caching) => ({ what, left, caching })))

    it.each(cases)(
      'take back a row that is gone on the right, and on the left has $what (cached: $caching)',
      async ({ left, caching }) => {
        const program = topology('shop', (t) => {
          const rights = t.table('right', { ...TEXT, caching })
          const on = (l: string): string | null => (l.startsWith('-') ? null : l.slice(0, 1))
          t.table('left', { ...TEXT, caching })
            .join(rights, (l, r) => `${l}+${r}`, { on, caching, ...VALUE })
            .to('out', VALUE)
        })
        expect(await after(program, [['a', 'z1']], [['z', 'r']])).toEqual({ a: 'z1+r' })
        expect(await after(program, left, [['z', null]])).toEqual({ a: null })
      },
    )
  })
})
