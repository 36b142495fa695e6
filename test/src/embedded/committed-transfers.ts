import { embeddedLog, type Log, type LogRecord, type TopicSpec } from '@millrace/core'

/** What `commits-in-a-loop.ts` writes, and what of it a log holds. */
export const GROUP = 'loop'
export const ACCOUNTS = 50
export const TOPICS: readonly TopicSpec[] = [
  { topic: 'journal', partitions: 2, cleanup: 'delete', retentionMs: -1 },
  // Small segments: compaction is at work all the time.
  { topic: 'balances', partitions: 1, cleanup: 'compact', config: { 'segment.bytes': '4000', 'delete.retention.ms': '0' } },
]

export interface Held {
  /** Numbers of the transactions whose journal record is there, ascending. */
  readonly journal: readonly number[]
  /** Last number of each account. */
  readonly balances: ReadonlyMap<string, number>
  /** Records of the compacted topic, superseded ones included. */
  readonly balanceRecords: number
  readonly offset: number
}

export async function readHeld(folder: string): Promise<Held> {
  const log = embeddedLog({ location: folder })
  try {
    const journal = [...(await readAll(log, 'journal/0')), ...(await readAll(log, 'journal/1'))].map(({ key }) => Number(key))
    const balances = await readAll(log, 'balances/0')
    const { offsets } = await log.admin.committedOffsets(GROUP, [{ topic: 'input', partition: 0 }])
    return {
      journal: journal.sort((a, b) => a - b),
      balances: new Map(balances.map(({ key, value }) => [String(key), Number(value)])),
      balanceRecords: balances.length,
      offset: offsets.get('input/0') ?? 0,
    }
  } finally {
    await log.close()
  }
}

async function readAll(log: Log, key: string): Promise<readonly LogRecord[]> {
  const [topic = '', partition] = key.split('/')
  const end = (await log.admin.endOffsets([{ topic, partition: Number(partition) }])).get(key) ?? 0
  const reader = await log.openReader({ name: 'check' })
  reader.assign(new Map([[key, 0]]))
  const records: LogRecord[] = []
  for (let position = 0; position < end; ) {
    for (const batch of await reader.poll(1000)) {
      records.push(...batch.records)
      position = batch.nextOffset
    }
  }
  return records
}
