import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type GroupedStream,
  session,
  sliding,
  type Topology,
  topology,
  tumbling,
  untilWindowCloses,
  type WindowedTable,
} from '../dsl/index.ts'
import { json, nullable, type Serde, sessionWindowed, string, type Windowed, windowed } from '../serde/index.ts'
import { TopologyTestDriver } from '../testing/index.ts'

interface Sent {
  readonly key: string
  readonly at: number
}

const text = { key: string(), value: string() }
const records = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), at: fc.nat({ max: 60 }) }), { maxLength: 25, size: 'max' })

/** Windows of a key as `start/end` → count, what is gone left out. */
type Windows = Record<string, number>

function counting(
  count: (grouped: GroupedStream<string, string>) => WindowedTable<string, number>,
  key: Serde<Windowed<string>>,
): Topology {
  return topology('counting', (t) => {
    const counts = count(t.stream('in', text).groupByKey())
    counts
      .toStream()
      .selectKey((_count, windowedKey) => windowedKey, { key })
      .to('out', { value: nullable(json<number>()) })
  })
}

interface Update {
  readonly window: string
  readonly count: number | null
}

async function updatesOf(of: Topology, key: Serde<Windowed<string>>, sent: readonly Sent[], caching = false): Promise<Update[]> {
  await using driver = await TopologyTestDriver.open(of, { caching })
  const input = driver.input('in', text)
  for (const { key: on, at } of sent) await input.pipe(on, 'v', { timestamp: at })
  const out = driver.output('out', { key, value: nullable(json<number>()) })
  return out.readAll().map(({ key: windowedKey, value }) => {
    const { key: on, window } = windowedKey as Windowed<string>
    return { window: `${on}@${window.start}/${window.end}`, count: value }
  })
}

function tableOf(updates: readonly Update[]): Windows {
  const table: Windows = {}
  for (const { window, count } of updates) {
    if (count === null) delete table[window]
    else table[window] = count
  }
  return table
}

describe('the laws of windows', () => {
  it('sliding windows are those of the definition, in whatever order the records come', async () => {
    const difference = 7
    const key = windowed(string(), difference)
    const of = counting((grouped) => grouped.windowedBy(sliding({ difference, grace: '1d' })).count(), key)
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (sent, caching) => {
        expect(tableOf(await updatesOf(of, key, sent, caching))).toEqual(slidingWindows(sent, difference))
      }),
      { numRuns: 150 },
    )
  })

  it('sessions are stretches without a gap, in whatever order the records come', async () => {
    const gap = 4
    const key = sessionWindowed(string())
    const of = counting((grouped) => grouped.windowedBy(session({ gap, grace: '1d' })).count(), key)
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (sent, caching) => {
        expect(tableOf(await updatesOf(of, key, sent, caching))).toEqual(sessions(sent, gap))
      }),
      { numRuns: 150 },
    )
  })

  it('what goes out when windows close is what they had in the end, once each', async () => {
    const grace = 3
    const kinds = [
      { name: 'tumbling', key: windowed(string(), 10), windows: tumbling({ size: 10, grace }) },
      { name: 'sliding', key: windowed(string(), 7), windows: sliding({ difference: 7, grace }) },
    ]
    for (const { key, windows } of kinds) {
      const onUpdate = counting((grouped) => grouped.windowedBy(windows).count(), key)
      const onClose = counting((grouped) => grouped.windowedBy(windows).emitStrategy('on-window-close').count(), key)
      const suppressed = counting((grouped) => grouped.windowedBy(windows).count().suppress(untilWindowCloses()), key)
      await fc.assert(
        fc.asyncProperty(records, async (sent) => {
          // The last record closes all windows but its own.
          const all = [...sent, { key: 'end', at: 1000 }]
          const final = tableOf((await updatesOf(onUpdate, key, all)).filter(({ window }) => !window.startsWith('end')))
          const closed = await updatesOf(onClose, key, all)
          expect(closed.length).toBe(Object.keys(final).length)
          expect(tableOf(closed)).toEqual(final)
          expect(tableOf(await updatesOf(suppressed, key, all))).toEqual(final)
        }),
        { numRuns: 60 },
      )
    }
  })

  it('a sliding window has the records before a late one, however old', async () => {
    const key = windowed(string(), 7)
    const of = counting((grouped) => grouped.windowedBy(sliding({ difference: 7, grace: 3 })).count(), key)
    const sent = [
      { key: 'b', at: 48 },
      { key: 'a', at: 58 },
      { key: 'a', at: 59 },
      { key: 'b', at: 49 },
    ]
    expect(tableOf(await updatesOf(of, key, sent))).toMatchObject({ 'b@41/48': 1, 'b@49/56': 1 })
  })

  it('a session is found as long as it is open, up to the last moment', async () => {
    const key = sessionWindowed(string())
    const of = counting((grouped) => grouped.windowedBy(session({ gap: 5, grace: 10 })).count(), key)
    const sent = [10, 25, 9].map((at) => ({ key: 'a', at }))
    expect(tableOf(await updatesOf(of, key, sent))).toEqual({ 'a@9/10': 2, 'a@25/25': 1 })
    expect(tableOf(await updatesOf(of, key, [...sent, { key: 'a', at: 26 }, { key: 'a', at: 8 }]))).toEqual({
      'a@9/10': 2,
      'a@25/26': 2,
    })
  })

  it('sessions that close go out once each, with what they had in the end', async () => {
    const key = sessionWindowed(string())
    const windows = session({ gap: 4, grace: 3 })
    const onUpdate = counting((grouped) => grouped.windowedBy(windows).count(), key)
    const onClose = counting((grouped) => grouped.windowedBy(windows).emitStrategy('on-window-close').count(), key)
    await fc.assert(
      fc.asyncProperty(records, async (sent) => {
        const ordered = sent.toSorted((a, b) => a.at - b.at)
        const all = [...ordered, { key: 'end', at: 1000 }]
        const final = tableOf((await updatesOf(onUpdate, key, all)).filter(({ window }) => !window.startsWith('end')))
        const closed = await updatesOf(onClose, key, all)
        expect(closed.length).toBe(Object.keys(final).length)
        expect(tableOf(closed)).toEqual(final)
      }),
      { numRuns: 60 },
    )
  })

  it('a cogroup is the fold of all its streams', async () => {
    const of = topology('stock', (t) => {
      const [received, sold, counted] = ['received', 'sold', 'counted'].map((topic) => t.stream(topic, text).groupByKey())
      if (received === undefined || sold === undefined || counted === undefined) throw new Error('three streams')
      received
        .cogroup((stock: number, pieces) => stock + Number(pieces))
        .cogroup(sold, (stock, pieces) => stock - Number(pieces))
        .cogroup(counted, (_stock, pieces) => Number(pieces))
        .aggregate({ as: 'stock', initial: () => 0 })
        .to('stock', { value: json() })
    })
    const movement = fc.record({
      topic: fc.constantFrom('received', 'sold', 'counted'),
      key: fc.constantFrom('x', 'y'),
      n: fc.nat(9),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(movement, { maxLength: 20, size: 'max' }), fc.boolean(), async (movements, caching) => {
        await using driver = await TopologyTestDriver.open(of, { caching })
        const stock: Record<string, number> = {}
        for (const { topic, key, n } of movements) {
          await driver.input(topic, text).pipe(key, String(n))
          const before = stock[key] ?? 0
          stock[key] = topic === 'received' ? before + n : topic === 'sold' ? before - n : n
        }
        const table = driver.output<string, number>('stock').readAll()
        expect(Object.fromEntries(table.map(({ key, value }) => [key, value]))).toEqual(stock)
      }),
      { numRuns: 60 },
    )
  })
})

/**
 * KIP-450: for each record the window that ends with it (the first ones share [0, difference]), and the one that starts 1 ms
 * after it, if there is a record in it.
 */
function slidingWindows(sent: readonly Sent[], difference: number): Windows {
  const windows: Windows = {}
  for (const { key, at } of sent) {
    const inside = (start: number): number =>
      sent.filter((other) => other.key === key && other.at >= start && other.at <= start + difference).length
    for (const start of [Math.max(0, at - difference), at + 1]) {
      if (inside(start) > 0) windows[`${key}@${start}/${start + difference}`] = inside(start)
    }
  }
  return windows
}

function sessions(sent: readonly Sent[], gap: number): Windows {
  const windows: Windows = {}
  for (const key of new Set(sent.map((record) => record.key))) {
    const times = sent.filter((record) => record.key === key).map(({ at }) => at)
    let open: { start: number; end: number; count: number } | undefined
    for (const at of times.toSorted((a, b) => a - b)) {
      if (open === undefined || at - open.end > gap) {
        if (open !== undefined) windows[`${key}@${open.start}/${open.end}`] = open.count
        open = { start: at, end: at, count: 0 }
      }
      open.end = at
      open.count++
    }
    if (open !== undefined) windows[`${key}@${open.start}/${open.end}`] = open.count
  }
  return windows
}
