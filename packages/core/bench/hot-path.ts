/**
 * CPU of the hot path alone: records of about 120 bytes of JSON, decoded, parsed, aggregated by minute. No log: the records
 * are ready in memory, what is sent is encoded into batches that are thrown away.
 *
 *   node --conditions=@millrace/source packages/core/bench/hot-path.ts [cached|uncached|both] [records] [keys]
 *
 * Profile: the same with --cpu-prof.
 */
import { type ChangelogWriter, memoryEngine, openTaskState } from '@millrace/state-store'
import { decodeRecordBatches, type LogRecord, RecordBatchBuilder } from '../src/log/records/index.ts'
import { compileTask, type RecordCollector, type TaskContext } from '../src/operators/index.ts'
import type { TopologyPlan } from '../src/plan/topology-plan.ts'
import { json, string, windowed } from '../src/serde/index.ts'

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
const SIZE = 60_000

async function measure(caching: boolean): Promise<void> {
  const plan = planOf(caching)
  const [subtopology] = plan.subtopologies
  const state = await openTaskState({
    engine: memoryEngine(),
    stores: [...plan.stores.values()].map(({ definition }) => definition),
    cacheMaxBytes: 512 * 1024 * 1024,
  })
  const sent = new ThrowAwayLog()
  for (const store of state.stores.values()) store.changelog = sent.changelog
  const context: TaskContext = {
    taskId: 'payments_0',
    partition: 0,
    state,
    collector: sent,
    streamTime: -1,
    wallClock: () => 0,
    dropped() {},
    requestCommit() {},
    wake() {},
  }
  if (subtopology === undefined) throw new Error('The plan has no sub-topology')
  const input = compileTask(plan, subtopology, context).inputs.get('payments')
  if (input === undefined) throw new Error('The task does not read payments')

  let cpu = 0
  let wall = 0
  for (let first = 0; first < RECORDS + WARM_UP; first += COMMIT_EVERY) {
    const records = makeRecords(first, COMMIT_EVERY)
    const before = process.cpuUsage()
    const start = performance.now()
    for (const record of records) {
      if (input.load(record) < 0) continue
      const pending = input.process()
      if (pending !== undefined) await pending
    }
    await state.flush()
    await state.commit({ changelogs: {}, inputs: {} })
    if (first < WARM_UP) continue
    wall += performance.now() - start
    const { user, system } = process.cpuUsage(before)
    cpu += user + system
  }
  const label = caching ? 'cached' : 'uncached'
  const perRecord = (cpu / RECORDS).toFixed(2)
  const figures = `${perRecord} µs CPU per record, ${Math.round(RECORDS / wall)}k records/s, ${sent.count} sent`
  process.stdout.write(`${label}: ${RECORDS} records, ${KEYS} keys, ${figures}\n`)
  await state.close()
}

/** Encodes what it is sent, as the log's writer does, and forgets it. */
class ThrowAwayLog implements RecordCollector {
  count = 0
  readonly #builder = new RecordBatchBuilder({ initialBytes: 1024 * 1024, maxBytes: 900_000 })
  readonly changelog: ChangelogWriter = (key, value, timestamp) => this.#append(timestamp, key, value)

  send(...[, key, value, timestamp]: Parameters<RecordCollector['send']>): void {
    this.#append(timestamp, key, value)
  }

  partitions(): number {
    return 1
  }

  #append(timestamp: number, key: Parameters<ChangelogWriter>[0] | null, value: Parameters<ChangelogWriter>[1]): void {
    this.count++
    if (this.#builder.append(timestamp, key, value)) return
    this.#builder.finish()
    this.#builder.reset()
    this.#builder.append(timestamp, key, value)
  }
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

function planOf(caching: boolean): TopologyPlan {
  const totals = json<Total>()
  const none = { cleanup: 'delete' as const }
  return {
    app: 'bench',
    nodes: new Map([
      [
        'payments',
        {
          kind: 'source',
          id: 'payments',
          parents: [],
          topic: 'payments',
          as: 'stream',
          key: string(),
          value: json<Payment>(),
          startFrom: 'earliest',
          onInvalid: 'stop',
          skipTombstones: false,
        },
      ],
      [
        'payments/aggregate',
        {
          kind: 'windowed-aggregate',
          id: 'payments/aggregate',
          parents: ['payments'],
          store: 'totals',
          window: { type: 'time', size: SIZE, advance: SIZE, grace: 0 },
          initial: (): Total => ({ payments: 0, cents: 0 }),
          add: (total: Total, payment: Payment): Total => ({ payments: total.payments + 1, cents: total.cents + payment.cents }),
        },
      ],
      [
        'payments/aggregate/to-stream',
        { kind: 'to-stream', id: 'payments/aggregate/to-stream', parents: ['payments/aggregate'] },
      ],
      [
        'payments/aggregate/to-stream/to',
        {
          kind: 'sink',
          id: 'payments/aggregate/to-stream/to',
          parents: ['payments/aggregate/to-stream'],
          topic: 'totals',
          key: windowed(string(), SIZE),
          value: totals,
        },
      ],
    ]),
    needsPrevious: new Set(),
    subtopologies: [
      {
        name: 'payments',
        nodes: ['payments', 'payments/aggregate', 'payments/aggregate/to-stream', 'payments/aggregate/to-stream/to'],
        sourceTopics: ['payments'],
        sinkTopics: ['totals'],
        stores: ['totals'],
        copartitioned: [],
      },
    ],
    topics: new Map([
      ['payments', { topic: 'payments', role: 'source', ...none }],
      ['totals', { topic: 'totals', role: 'sink', ...none }],
    ]),
    stores: new Map([
      [
        'totals',
        {
          definition: { kind: 'window', name: 'totals', key: string(), value: totals, caching, size: SIZE, retention: SIZE },
          changelogTopic: 'bench-totals-changelog',
          operators: ['payments/aggregate'],
        },
      ],
    ]),
    feeds: [],
    views: [],
  }
}

if (mode !== 'uncached') await measure(true)
if (mode !== 'cached') await measure(false)
