import { type EngineEntry, memoryEngine, type StateEngine } from '@millrace/state-store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecordBatches, type LogRecord } from '../records/index.ts'
import { compactPartition, isDirty } from './compaction.ts'
import { LogStorage } from './log-storage.ts'
import type { PartitionLog } from './partition-log.ts'
import { PendingBatches } from './pending-batches.ts'

interface Change {
  readonly key: string
  /** Null deletes. */
  readonly value: string | null
}

describe('compaction', () => {
  it('keeps the last value of each key, whatever is written, compacted and reopened in between', async () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'é', 'long'.repeat(50)),
      value: fc.option(fc.string({ maxLength: 20 }), { nil: null, freq: 3 }),
    })
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.array(change, { minLength: 1, maxLength: 8 }) },
      { weight: 2, arbitrary: fc.constant('compact' as const) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.constantFrom(0, 1_000_000), async (steps, deleteRetentionMs) => {
        const log = await CompactedLog.create({ 'delete.retention.ms': String(deleteRetentionMs) })
        for (const each of steps) {
          if (each === 'compact') await log.compact()
          else if (each === 'reopen') await log.reopen()
          else await log.write(each)
          const records = await log.records()
          expect(foldOf(records)).toEqual(log.expected())
          if (each === 'compact') expect(new Set(records.map(({ key }) => String(key))).size).toBe(records.length)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('leaves every record that stays as it was: offset, timestamp, headers', async () => {
    const log = await CompactedLog.create()
    await log.write([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
      { key: 'a', value: '3' },
    ])
    await log.write([
      { key: 'a', value: null },
      { key: 'c', value: '4' },
    ])
    const before = await log.records()
    await log.compact()
    const after = await log.records()
    expect(after.map(({ offset }) => offset)).toEqual([1, 3, 4])
    for (const record of after) {
      const same = before.find(({ offset }) => offset === record.offset)
      expect(factsOf(record)).toEqual(same && factsOf(same))
    }
  })

  it('drops a tombstone in the pass after delete.retention.ms, not in the one that first sees it', async () => {
    const log = await CompactedLog.create({ 'delete.retention.ms': '0' })
    await log.write([{ key: 'a', value: '1' }])
    await log.write([{ key: 'a', value: null }])
    await log.compact()
    expect((await log.records()).map(({ value }) => value)).toEqual([null])
    await log.compact()
    expect(await log.records()).toEqual([])
    expect(log.partition.endOffset).toBe(2)
    await log.write([{ key: 'b', value: '2' }])
    expect((await log.records()).map(({ offset }) => offset)).toEqual([2])
  })

  it('keeps tombstones while delete.retention.ms lasts', async () => {
    const log = await CompactedLog.create({ 'delete.retention.ms': '1000000' })
    await log.write([{ key: 'a', value: null }])
    for (let i = 0; i < 3; i++) await log.compact()
    expect(await log.records()).toHaveLength(1)
  })

  it('merges the small batches of many commits', async () => {
    const log = await CompactedLog.create()
    for (let i = 0; i < 300; i++) await log.write([{ key: `key-${i}`, value: 'v' }])
    await log.compact()
    expect(await log.records()).toHaveLength(300)
    expect(await log.batchCount()).toBe(1)
    expect(log.partition.state.bytes).toBe(await log.storedBytes())
  })

  it('is due when enough was written since the last pass', async () => {
    const log = await CompactedLog.create({ 'segment.bytes': '2000', 'min.cleanable.dirty.ratio': '0.5' })
    const fill = async (prefix: string): Promise<void> => {
      for (let i = 0; i < 30; i++) await log.write([{ key: `${prefix}-${i}`, value: 'x'.repeat(50) }])
    }
    await log.write([{ key: 'a', value: '1' }])
    expect(isDirty(log.partition)).toBe(false)
    await fill('one')
    expect(isDirty(log.partition)).toBe(true)
    await log.compact()
    expect(isDirty(log.partition)).toBe(false)
    await fill('two')
    await log.compact()
    await fill('three')
    expect(isDirty(log.partition)).toBe(false)
  })

  it('stops at a damaged batch and leaves everything as it is', async () => {
    const log = await CompactedLog.create()
    await log.write([{ key: 'a', value: '1' }])
    await log.write([{ key: 'a', value: '2' }])
    await log.damageLastBatch()
    await expect(log.compact()).rejects.toMatchObject({ code: 'LOG_CORRUPT', location: { topic: 'compacted', partition: 0 } })
    expect(await log.batchCount()).toBe(2)
  })
})

/** One compacted partition in memory, and what it should hold. */
class CompactedLog {
  readonly #engine: StateEngine
  readonly #expected = new Map<string, string>()
  #storage: LogStorage

  private constructor(engine: StateEngine, storage: LogStorage) {
    this.#engine = engine
    this.#storage = storage
  }

  static async create(config: Readonly<Record<string, string>> = {}): Promise<CompactedLog> {
    const engine = memoryEngine()
    const storage = await LogStorage.open(engine, true)
    await storage.createTopics([{ topic: 'compacted', partitions: 1, cleanup: 'compact', config }])
    return new CompactedLog(engine, storage)
  }

  get partition(): PartitionLog {
    return this.#storage.partition({ topic: 'compacted', partition: 0 })
  }

  expected(): ReadonlyMap<string, string> {
    return this.#expected
  }

  async reopen(): Promise<void> {
    await this.#storage.close()
    this.#storage = await LogStorage.open(this.#engine, true)
  }

  async write(changes: readonly Change[]): Promise<void> {
    const pending = new PendingBatches(this.partition)
    for (const [index, { key, value }] of changes.entries()) {
      pending.append(1000 - index, key, value, index % 2 === 0 ? undefined : [['h', Buffer.from(key)]])
      if (value === null) this.#expected.delete(key)
      else this.#expected.set(key, value)
    }
    const batches = pending.take()
    await this.#storage.queue.submit({
      prepare: (operations) => this.partition.append(batches, operations),
      written: () => this.partition.publish(batches),
    })
  }

  compact(): Promise<void> {
    return compactPartition(this.#storage, this.partition, () => false)
  }

  async records(): Promise<readonly LogRecord[]> {
    const records: LogRecord[] = []
    for (const [, batch] of await this.#entries()) {
      const decoded = decodeRecordBatches(batch, { from: 0, checkCrc: true })
      records.push(...decoded.records)
    }
    return records
  }

  async batchCount(): Promise<number> {
    return (await this.#entries()).length
  }

  async storedBytes(): Promise<number> {
    return (await this.#entries()).reduce((sum, [, batch]) => sum + batch.length, 0)
  }

  async damageLastBatch(): Promise<void> {
    const [key, batch] = (await this.#entries()).at(-1) ?? []
    if (key === undefined || batch === undefined) throw new Error('nothing is stored')
    const damaged = Buffer.from(batch)
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 1, damaged.length - 2)
    await this.#engine.write([{ type: 'put', key, value: damaged }])
  }

  #entries(): Promise<readonly EngineEntry[]> {
    return this.#engine.cursor(this.partition.batchesFrom(0)).next(10_000)
  }
}

function foldOf(records: readonly LogRecord[]): ReadonlyMap<string, string> {
  const state = new Map<string, string>()
  for (const { key, value } of records) {
    if (value === null) state.delete(String(key))
    else state.set(String(key), String(value))
  }
  return state
}

function factsOf({ offset, timestamp, key, value, headers }: LogRecord): unknown {
  return {
    offset,
    timestamp,
    key: String(key),
    value: value && String(value),
    headers: headers.map(([name, text]) => [name, String(text)]),
  }
}
