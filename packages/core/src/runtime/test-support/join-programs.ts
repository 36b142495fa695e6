import fc from 'fast-check'
import { type Stream, type Table, topology, type Topology } from '../../dsl/index.ts'
import { partitionForKey } from '../../log/records/index.ts'
import { type Serde, string } from '../../serde/index.ts'

export const TEXT: { readonly key: Serde<string>; readonly value: Serde<string> } = { key: string(), value: string() }
export const PARTITIONS = 4
export const GRACE = 30
const WITHIN = 100

/** A record of the topic `left` or `right`. */
export interface JoinInput {
  readonly topic: string
  readonly key: string
  /** null: a tombstone. */
  readonly value: string | null
  /** How much older it is than the one before, ms. */
  readonly late: number
}

/** Joins that write to the topic `out`: values with the join's name before them and their time behind. */
export interface JoinProgram {
  readonly name: string
  readonly topology: Topology
  readonly optimize?: boolean
  /** What is there before the app starts, in this order. */
  readonly inputs: fc.Arbitrary<readonly JoinInput[]>
  /** Commits that these take, more or less. */
  readonly commits: number
  /** What of one key comes out alike in each run: all of it in its order, all of it, or the last. */
  readonly same: 'order' | 'set' | 'last'
  /** What comes after all others, with timestamps. */
  readonly last?: readonly (JoinInput & { readonly timestamp: number })[]
}

const plus = (l: string | null, r: string | null): string => `${l}+${r}`

/** Writes a join's name and time, and asks for a commit after most records, before the task takes the next one. */
function write(joined: Stream<string, string>, name: string): void {
  joined
    .processValues((context) => async (record) => {
      if (!record.value.includes('z')) context.commit()
      await context.forward({ ...record, value: `${name} ${record.value}@${record.timestamp}` })
    })
    .to('out')
}

function writeTable(table: Table<string, string>, name: string): void {
  write(table.toStream().mapValues(String, { value: string() }), name)
}

/** Counts rows by what they begin with: wrong for good where a change is added or subtracted twice, or never. */
function writeCounts(table: Table<string, string>, name: string): void {
  const counts = table.groupBy((row) => row.slice(0, 1)).count()
  write(
    counts.toStream().mapValues((count) => (count === 0 ? 'null' : String(count)), { value: string() }),
    name,
  )
}

const streams = topology('streams', (t) => {
  const [left, right] = [t.stream('left', TEXT), t.stream('right', TEXT)]
  const options = { within: WITHIN, grace: GRACE, value: string() }
  write(left.join(right, plus, options), 'inner')
  write(left.leftJoin(right, plus, options), 'left')
  write(left.outerJoin(right, plus, options), 'outer')
})

const tables = (caching: boolean): Topology =>
  topology('tables', (t) => {
    const [left, right] = [t.table('left', { ...TEXT, caching }), t.table('right', { ...TEXT, caching })]
    const options = { value: string(), caching }
    const inner = left.join(right, plus, options)
    writeTable(inner, 'inner')
    if (caching) writeCounts(inner, 'counts')
    writeTable(left.leftJoin(right, plus, { ...options, as: 'left-joined' }), 'left')
    writeTable(left.outerJoin(right, plus, { ...options, as: 'outer-joined' }), 'outer')
  })

const byForeignKey = (caching: boolean): Topology =>
  topology('foreign', (t) => {
    const [left, right] = [t.table('left', { ...TEXT, caching }), t.table('right', { ...TEXT, caching })]
    const on = (value: string): string | null => (value.startsWith('-') ? null : value.slice(0, 1))
    const options = { on, value: string(), caching }
    const inner = left.join(right, plus, { ...options, as: 'inner-joined' })
    writeTable(inner, 'inner')
    if (caching) writeCounts(inner, 'counts')
    writeTable(left.leftJoin(right, plus, { ...options, as: 'left-joined' }), 'left')
  })

const withGlobal = topology('globals', (t) => {
  const rows = t.globalTable('right', { ...TEXT, as: 'rows' })
  const left = t.stream('left', TEXT)
  const options = { on: (value: string) => value.slice(0, 1), value: string() }
  write(left.join(rows, plus, options), 'inner')
  write(left.leftJoin(rows, plus, options), 'left')
})

const KEYS = 'abcdefgh'.split('')
const FOREIGN_KEYS = ['a', 'b', 'c', 'z']
const value = fc.option(fc.constantFrom(...FOREIGN_KEYS, '-'), { nil: null, freq: 6 })
const input = (topics: readonly string[], keys: readonly string[], late: readonly number[] = [0]): fc.Arbitrary<JoinInput> =>
  fc.record({ topic: fc.constantFrom(...topics), key: fc.constantFrom(...keys), value, late: fc.constantFrom(...late) })
const several = (one: fc.Arbitrary<JoinInput>): fc.Arbitrary<JoinInput[]> =>
  fc.array(one, { minLength: 5, maxLength: 25, size: 'max' })

const both = ['left', 'right']
const lefts = several(input(['left'], KEYS))
const rights = several(input(['right'], FOREIGN_KEYS))
const either = several(input(both, KEYS.slice(0, 5)))
// The answer to a change that another one of the row has overtaken is dropped: whether it has depends on how fast they are.
const oneOfEachRow = fc.uniqueArray(input(['left'], KEYS), { selector: ({ key }) => key, minLength: 5 })

/** In each partition: closes all windows that are open. */
const CLOSING = [...Map.groupBy('abcdefghijklmnop', (key) => partitionForKey(key, PARTITIONS)).values()].flatMap(([key = '']) =>
  ['left', 'right', 'left'].map((topic, i) => ({ topic, key, value: 'end', late: 0, timestamp: 1e6 * (i + 1) })),
)

export const JOIN_PROGRAMS: readonly JoinProgram[] = [
  {
    name: 'streams',
    topology: streams,
    inputs: several(input(both, KEYS.slice(0, 5), [0, 0, 10, 20])),
    commits: 4,
    same: 'set',
    last: CLOSING,
  },
  { name: 'tables', topology: tables(false), inputs: either, commits: 8, same: 'order' },
  { name: 'cached tables', topology: tables(true), inputs: either, commits: 1, same: 'last' },
  {
    name: 'tables that are their own changelogs',
    topology: tables(false),
    optimize: true,
    inputs: either,
    commits: 8,
    same: 'order',
  },
  {
    name: 'tables by foreign key',
    topology: byForeignKey(false),
    inputs: fc.oneof(oneOfEachRow, rights),
    commits: 6,
    same: 'order',
  },
  {
    name: 'cached tables by foreign key',
    topology: byForeignKey(true),
    inputs: fc.oneof(lefts, rights, several(input(both, FOREIGN_KEYS))),
    commits: 3,
    same: 'last',
  },
  {
    name: 'a stream with a global table',
    topology: withGlobal,
    // Whatever is in its topic when the app starts is in the table before the first record.
    inputs: fc.tuple(rights, lefts).map(([rows, records]) => [...rows, ...records]),
    commits: 6,
    same: 'order',
  },
]
