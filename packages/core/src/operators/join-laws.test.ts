import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { levelEngine } from '@millrace/state-store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Topology, topology } from '../dsl/index.ts'
import { nullable, string } from '../serde/index.ts'
import { type TestRecord, TopologyTestDriver } from '../testing/index.ts'

const TEXT = { key: string(), value: string() }

interface Input {
  readonly topic: 'L' | 'R'
  readonly key: string
  /** null: a tombstone. */
  readonly value: string | null
  readonly timestamp: number
}

const input = (values: fc.Arbitrary<string | null>): fc.Arbitrary<Input> =>
  fc.record({
    topic: fc.constantFrom('L', 'R'),
    key: fc.constantFrom('a', 'b', 'c'),
    value: values,
    timestamp: fc.nat({ max: 60 }),
  })
const facts = fc.array(input(fc.constantFrom('x', 'y', 'z')), { maxLength: 30 })
const changes = fc.array(input(fc.option(fc.constantFrom('a', 'b', 'c', ''), { nil: null })), { maxLength: 30 })

/** Closes every window that is open. */
const LAST: readonly Input[] = [
  { topic: 'L', key: 'end', value: 'end', timestamp: 100_000 },
  { topic: 'R', key: 'end', value: 'end', timestamp: 200_000 },
  { topic: 'L', key: 'end', value: 'end', timestamp: 300_000 },
]

async function pipe(driver: TopologyTestDriver, inputs: readonly Input[]): Promise<void> {
  for (const { topic, key, value, timestamp } of inputs) await driver.input(topic, TEXT).pipe(key, value, { timestamp })
}

function read(driver: TopologyTestDriver): readonly string[] {
  return driver.output<string, string>('out', TEXT).readAll().map(textOf)
}

function textOf({ key, value, timestamp }: TestRecord<string, string>): string {
  return `${key}: ${value} @ ${timestamp}`
}

async function answers(
  program: Topology,
  inputs: readonly Input[],
  partitions = 1,
  optimize = false,
): Promise<readonly string[]> {
  await using driver = await TopologyTestDriver.open(program, { partitions, optimize })
  await pipe(driver, inputs)
  return read(driver)
}

/** What comes out when the program is stopped in the middle and goes on with what is in its databases. */
async function answersOverARestart(program: Topology, inputs: readonly Input[], at: number): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-joins-'))
  const engine = (taskId: string) => levelEngine({ location: join(folder, taskId) })
  try {
    const before = await TopologyTestDriver.open(program, { engine })
    await pipe(before, inputs.slice(0, at))
    const first = read(before)
    await before.close()
    await using after = await TopologyTestDriver.open(program, { engine })
    await pipe(after, inputs.slice(at))
    return [...first, ...read(after)]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Mode = 'join' | 'leftJoin' | 'outerJoin'

const plus = (l: string | null, r: string | null): string => `${l}+${r}`

const streams = (mode: Mode, grace: number): Topology =>
  topology('streams', (t) => {
    const [left, right] = [t.stream('L', TEXT), t.stream('R', TEXT)]
    const options = { within: 10, grace, value: string() }
    if (mode === 'join') left.join(right, plus, options).to('out')
    else if (mode === 'leftJoin') left.leftJoin(right, plus, options).to('out')
    else left.outerJoin(right, plus, options).to('out')
  })

describe('a join of streams', () => {
  it('finds each pair once that is near enough, in whatever order the sides come', async () => {
    await fc.assert(
      fc.asyncProperty(facts, async (inputs) => {
        const pairs: string[] = []
        for (const l of inputs) {
          for (const r of inputs) {
            if (l.topic !== 'L' || r.topic !== 'R' || l.key !== r.key || Math.abs(l.timestamp - r.timestamp) > 10) continue
            pairs.push(`${l.key}: ${l.value}+${r.value} @ ${Math.max(l.timestamp, r.timestamp)}`)
          }
        }
        expect([...(await answers(streams('join', 60), inputs))].sort()).toEqual(pairs.sort())
      }),
      { numRuns: 100 },
    )
  })

  it('lets each record that finds nothing out alone, once, when all sides are kept', async () => {
    await fc.assert(
      fc.asyncProperty(facts, async (inputs) => {
        const near = ({ topic, key, timestamp }: Input): boolean =>
          inputs.some((other) => other.topic !== topic && other.key === key && Math.abs(other.timestamp - timestamp) <= 10)
        const alone = inputs
          .filter((record) => !near(record))
          .map(
            ({ topic, key, value, timestamp }) => `${key}: ${topic === 'L' ? `${value}+null` : `null+${value}`} @ ${timestamp}`,
          )
        const got = await answers(streams('outerJoin', 60), [...inputs, ...LAST])
        expect(got.filter((line) => line.includes('null') && !line.startsWith('end')).sort()).toEqual(alone.sort())
      }),
      { numRuns: 100 },
    )
  })

  it.each(['join', 'leftJoin', 'outerJoin'] as const)('%s says what it says without the records that are late', async (mode) => {
    const grace = 5
    await fc.assert(
      fc.asyncProperty(facts, async (inputs) => {
        let newest = -1
        const inTime: Input[] = []
        for (const record of [...inputs, ...LAST]) {
          if (record.timestamp + 10 + grace < newest) continue
          inTime.push(record)
          newest = Math.max(newest, record.timestamp)
        }
        const got = await answers(streams(mode, grace), [...inputs, ...LAST])
        expect(got).toEqual(await answers(streams(mode, grace), inTime))
        const pairs = inTime.flatMap((l) =>
          inTime
            .filter((r) => l.topic === 'L' && r.topic === 'R' && l.key === r.key && Math.abs(l.timestamp - r.timestamp) <= 10)
            .map((r) => `${l.key}: ${l.value}+${r.value} @ ${Math.max(l.timestamp, r.timestamp)}`),
        )
        expect(got.filter((line) => !line.includes('null')).sort()).toEqual(pairs.sort())
      }),
      { numRuns: 60 },
    )
  })

  it('with itself says the same with one store as with two, whatever is late on either side', async () => {
    const spans = fc.constantFrom(0, 3, 10)
    await fc.assert(
      fc.asyncProperty(facts, spans, spans, fc.constantFrom(0, 5), async (inputs, before, after, grace) => {
        const program = topology('itself', (t) => {
          const facts = t.stream(['L', 'R'], TEXT)
          facts.join(facts, plus, { within: { before, after }, grace, value: string() }).to('out')
        })
        expect(await answers(program, inputs, 1, true)).toEqual(await answers(program, inputs))
      }),
      { numRuns: 100 },
    )
  })

  it('lets a record without a key out alone at once, however late it comes', async () => {
    const keyless = { key: nullable(string()), value: string() }
    const program = topology('keyless', (t) => {
      t.stream('L', keyless).outerJoin(t.stream('R', keyless), plus, { within: 10, grace: 5, value: string() }).to('out')
    })
    await using driver = await TopologyTestDriver.open(program)
    await driver.input('L', keyless).pipe('a', 'x', { timestamp: 100 })
    await driver.input('L', keyless).pipe(null, 'x', { timestamp: 1 })
    await driver.input('R', keyless).pipe(null, 'y', { timestamp: 2 })
    expect(driver.output('out', keyless).readAll()).toMatchObject([
      { key: null, value: 'x+null', timestamp: 1 },
      { key: null, value: 'null+y', timestamp: 2 },
    ])
  })

  it('looks again as soon as Kafka Streams does, when records of one key and time wait', async () => {
    const record = (topic: 'L' | 'R', key: string, timestamp: number): Input => ({ topic, key, value: 'x', timestamp })
    const inputs = [record('R', 'a', 0), record('R', 'r', 2), record('L', 'l', 2), record('L', 'l', 2), record('L', 'z', 10)]
    const program = streams('outerJoin', 5)
    const first = ['a: null+x @ 0']
    expect(await answers(program, [...inputs, record('L', 'z', 16)])).toEqual(first)
    // As TopologyTestDriver of Kafka Streams 4.3.0 says.
    const all = [...first, 'r: null+x @ 2', 'l: x+null @ 2', 'l: x+null @ 2']
    expect(await answers(program, [...inputs, record('L', 'z', 16), record('L', 'z', 18)])).toEqual(all)
  })

  it.each(['join', 'leftJoin', 'outerJoin'] as const)('%s says the same when it was stopped in between', async (mode) => {
    await fc.assert(
      fc.asyncProperty(facts, fc.nat({ max: 30 }), async (inputs, at) => {
        const program = streams(mode, 5)
        const all = [...inputs, ...LAST]
        const restarted = await answersOverARestart(program, all, Math.min(at, inputs.length))
        expect([...restarted].sort()).toEqual([...(await answers(program, all))].sort())
      }),
      { numRuns: 15 },
    )
  })
})

describe('a join of tables', () => {
  const tables = (mode: Mode): Topology =>
    topology('tables', (t) => {
      const [left, right] = [t.table('L', TEXT), t.table('R', TEXT)]
      const options = { as: 'joined', value: string() }
      if (mode === 'join') left.join(right, plus, options).to('out')
      else if (mode === 'leftJoin') left.leftJoin(right, plus, options).to('out')
      else left.outerJoin(right, plus, options).to('out')
    })

  it.each(['join', 'leftJoin', 'outerJoin'] as const)('%s is the join of the tables as they are now', async (mode) => {
    await fc.assert(
      fc.asyncProperty(changes, fc.constantFrom(1, 3), async (inputs, partitions) => {
        const table = (topic: string): Map<string, string> => {
          const rows = inputs.filter((change) => change.topic === topic).map(({ key, value }) => [key, value] as const)
          return new Map([...new Map(rows)].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])))
        }
        const [left, right] = [table('L'), table('R')]
        const expected = ['a', 'b', 'c'].map((key) => {
          const [l, r] = [left.get(key), right.get(key)]
          const missing = mode === 'join' ? l === undefined || r === undefined : mode === 'leftJoin' ? l === undefined : false
          return missing || (l === undefined && r === undefined) ? undefined : `${l ?? null}+${r ?? null}`
        })
        await using driver = await TopologyTestDriver.open(tables(mode), { partitions })
        await pipe(driver, inputs)
        const stores = Array.from({ length: partitions }, (_, p) => driver.timestampedStore<string, string>('joined', p))
        const got = ['a', 'b', 'c'].map((key) =>
          stores.map((store) => store.get(key)?.value).find((value) => value !== undefined),
        )
        expect(got).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('an aggregate of a join of cached tables that change together', () => {
  const part = (value: string, index: number): string | null => (value[index] === '-' ? null : (value[index] ?? null))
  const counted = (mode: Mode): Topology =>
    topology('counted', (t) => {
      const rows = t.table('L', TEXT)
      const left = rows.mapValues((value) => part(value, 0), { as: 'left', value: string() })
      const right = rows.mapValues((value) => part(value, 1), { as: 'right', value: string() })
      const joined =
        mode === 'join'
          ? left.join(right, plus, { value: string() })
          : mode === 'leftJoin'
            ? left.leftJoin(right, plus, { value: string() })
            : left.outerJoin(right, plus, { value: string() })
      joined.groupBy((row) => row, { key: string(), value: string() }).count({ as: 'counts' })
    })
  const rows = fc.array(
    fc.record({
      topic: fc.constant('L' as const),
      key: fc.constantFrom('a', 'b'),
      value: fc.constantFrom('xx', 'xy', 'x-', '-x', '--', null),
      timestamp: fc.nat({ max: 60 }),
    }),
    { maxLength: 20 },
  )

  it.each(['join', 'leftJoin', 'outerJoin'] as const)('counts each row of a %s once', async (mode) => {
    await fc.assert(
      fc.asyncProperty(rows, async (inputs) => {
        const expected: Record<string, number> = {}
        for (const value of new Map(inputs.map((row) => [row.key, row.value])).values()) {
          const [l, r] = [part(value ?? '--', 0), part(value ?? '--', 1)]
          const missing = mode === 'join' ? l === null || r === null : mode === 'leftJoin' ? l === null : l === null && r === null
          if (!missing) expected[plus(l, r)] = (expected[plus(l, r)] ?? 0) + 1
        }
        await using driver = await TopologyTestDriver.open(counted(mode), { caching: true })
        await pipe(driver, inputs)
        const counts: Record<string, number> = {}
        for await (const [row, { value }] of driver.timestampedStore<string, number>('counts').range()) {
          if (value !== 0) counts[row] = value
        }
        expect(counts).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a join of tables by foreign key', () => {
  const foreign = (mode: 'join' | 'leftJoin'): Topology =>
    topology('foreign', (t) => {
      const [left, right] = [t.table('L', TEXT), t.table('R', TEXT)]
      const options = { on: (value: string) => (value === '' ? null : value), as: 'joined', value: string() }
      if (mode === 'join') left.join(right, plus, options).to('out')
      else left.leftJoin(right, plus, options).to('out')
    })
  // An empty text is no row for the left side: see `responseOf`.
  const rows = changes.map((all) =>
    all.map((change) => (change.topic === 'R' && change.value === '' ? { ...change, value: 'e' } : change)),
  )

  it.each(['join', 'leftJoin'] as const)('%s is the join of the tables as they are now, over any partitions', async (mode) => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(1, 3), async (inputs, partitions) => {
        const table = (topic: string): ReadonlyMap<string, string | null> =>
          new Map(inputs.filter((change) => change.topic === topic).map(({ key, value }) => [key, value]))
        const [left, right] = [table('L'), table('R')]
        const expected = ['a', 'b', 'c'].map((key) => {
          const l = left.get(key) ?? null
          if (l === null) return undefined
          const r = l === '' ? null : (right.get(l) ?? null)
          return r === null && mode === 'join' ? undefined : `${l}+${r}`
        })
        await using driver = await TopologyTestDriver.open(foreign(mode), { partitions })
        await pipe(driver, inputs)
        const stores = Array.from({ length: partitions }, (_, p) => driver.timestampedStore<string, string>('joined', p))
        const got = ['a', 'b', 'c'].map((key) =>
          stores.map((store) => store.get(key)?.value).find((value) => value !== undefined),
        )
        expect(got).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('says the same when it was stopped in between', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.nat({ max: 30 }), async (inputs, at) => {
        const program = foreign('leftJoin')
        expect(await answersOverARestart(program, inputs, at)).toEqual(await answers(program, inputs))
      }),
      { numRuns: 15 },
    )
  })
})
