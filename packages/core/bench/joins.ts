/**
 * CPU of joins alone: pairs of records of about 120 bytes of JSON, decoded, joined, encoded into batches that are thrown away.
 * No log: the records are ready in memory.
 *
 *   node --conditions=@millrace/source packages/core/bench/joins.ts [pairs] [keys]
 */
import { type Topology, topology } from '../src/dsl/index.ts'
import { decodeRecordBatches, type LogRecord, RecordBatchBuilder } from '../src/log/records/index.ts'
import { json, string } from '../src/serde/index.ts'
import { BenchTask } from './bench-task.ts'

interface Order {
  readonly id: number
  readonly customer: string
  readonly cents: number
  readonly note: string
}

const [pairCount = '200000', keyCount = '10000'] = process.argv.slice(2)
const PAIRS = Number(pairCount)
const KEYS = Number(keyCount)
const COMMIT_EVERY = 20_000
const ORDER = { key: string(), value: json<Order>() }
const NOTE = 'a note that makes the record about as long as real ones are'

const joined = (left: Order | null, right: Order | null): number => (left?.cents ?? 0) + (right?.cents ?? 0)

/** Times go up by a millisecond a pair; the windows reach over ten records of a key. */
const within = 10 * KEYS

const JOINS: Readonly<Record<string, Topology>> = {
  'stream-stream, all found': topology('bench', (t) => {
    const [left, right] = [t.stream('left', ORDER), t.stream('right', ORDER)]
    left.join(right, joined, { within }).to('out')
  }),
  'stream-stream outer, all found': topology('bench', (t) => {
    const [left, right] = [t.stream('left', ORDER), t.stream('right', ORDER)]
    left.outerJoin(right, joined, { within }).to('out')
  }),
  'stream-stream left, nothing found': topology('bench', (t) => {
    const [left, right] = [t.stream('left', ORDER), t.stream('right', ORDER)]
    left
      .leftJoin(
        right.filter(() => false),
        joined,
        { within: 100 },
      )
      .to('out')
  }),
  'stream-table': topology('bench', (t) => {
    t.stream('left', ORDER).join(t.table('right', ORDER), joined).to('out')
  }),
  'table-table': topology('bench', (t) => {
    t.table('left', ORDER).join(t.table('right', ORDER), joined, { as: 'joined' }).to('out')
  }),
}

async function measure(name: string, program: Topology): Promise<void> {
  const task = await BenchTask.open(program, { caching: false })
  let cpu = 0
  for (let first = 0; first < PAIRS; first += COMMIT_EVERY) {
    cpu += await task.run(makeRecords(first, COMMIT_EVERY), ['left', 'right'])
  }
  process.stdout.write(`${name}: ${(cpu / PAIRS / 2).toFixed(2)} µs CPU per record, ${task.sent.count} sent\n`)
  await task.close()
}

function makeRecords(first: number, count: number): readonly LogRecord[] {
  const batch = new RecordBatchBuilder({ initialBytes: 1 << 20 })
  for (let i = first; i < first + count; i++) {
    const key = `customer-${(i * 7919) % KEYS}`
    const order: Order = { id: i, customer: key, cents: i % 5000, note: NOTE }
    batch.append(i, key, JSON.stringify(order), [])
  }
  return decodeRecordBatches(batch.finish({ baseOffset: 0 }), { from: 0, checkCrc: false }).records
}

for (const [name, program] of Object.entries(JOINS)) await measure(name, program)
