/**
 * CPU of the hot path alone: records of about 120 bytes of JSON, decoded, parsed, aggregated by minute. No log: the records
 * are ready in memory, what is sent is encoded into batches that are thrown away.
 *
 *   node --conditions=@millrace/source packages/core/bench/hot-path.ts [cached|uncached|both] [records] [keys]
 *
 * Profile: the same with --cpu-prof.
 */
import { topology, tumbling } from '../src/dsl/index.ts'
import { decodeRecordBatches, type LogRecord, RecordBatchBuilder } from '../src/log/records/index.ts'
import { json, string } from '../src/serde/index.ts'
import { BenchTask } from './bench-task.ts'

interface Payment {
  readonly id: number
  readonly customer: string
  readonly cents: number
  readonly currency: string
  readonly note: string
}

interface Total {
  readonly payments: number
  readonly cents: number
}

const [mode = 'both', recordCount = '1000000', keyCount = '10000'] = process.argv.slice(2)
const RECORDS = Number(recordCount)
const KEYS = Number(keyCount)
const COMMIT_EVERY = 200_000
const WARM_UP = 200_000

const TOTALS = topology('bench', (t) => {
  t.stream('payments', { key: string(), value: json<Payment>() })
    .groupByKey()
    .windowedBy(tumbling({ size: '1m' }))
    .aggregate({
      as: 'totals',
      initial: (): Total => ({ payments: 0, cents: 0 }),
      add: (total, payment) => ({ payments: total.payments + 1, cents: total.cents + payment.cents }),
    })
    .to('totals-by-minute')
})

async function measure(caching: boolean): Promise<void> {
  const task = await BenchTask.open(TOTALS, { caching })
  let cpu = 0
  let wall = 0
  for (let first = 0; first < RECORDS + WARM_UP; first += COMMIT_EVERY) {
    const records = makeRecords(first, COMMIT_EVERY)
    const start = performance.now()
    const taken = await task.run(records, ['payments'])
    if (first < WARM_UP) continue
    wall += performance.now() - start
    cpu += taken
  }
  const label = caching ? 'cached' : 'uncached'
  const perRecord = (cpu / RECORDS).toFixed(2)
  const figures = `${perRecord} µs CPU per record, ${Math.round(RECORDS / wall)}k records/s, ${task.sent.count} sent`
  process.stdout.write(`${label}: ${RECORDS} records, ${KEYS} keys, ${figures}\n`)
  await task.close()
}

function makeRecords(first: number, count: number): readonly LogRecord[] {
  const builder = new RecordBatchBuilder({ initialBytes: 16 * 1024 * 1024 })
  for (let i = first; i < first + count; i++) {
    const customer = `customer-${(i * 7919) % KEYS}`
    const payment: Payment = {
      id: i,
      customer,
      cents: i % 10_000,
      currency: 'EUR',
      note: 'thank you for your order, see you soon',
    }
    builder.append(1_700_000_000_000 + i, customer, JSON.stringify(payment))
  }
  return decodeRecordBatches(builder.finish({ baseOffset: first }), { from: first, checkCrc: false }).records
}

if (mode !== 'uncached') await measure(true)
if (mode !== 'cached') await measure(false)
