import { type EngineOperation, memoryEngine, type StateEngine } from '@millrace/state-store'
import { describe, expect, it } from 'vitest'
import type { LogWriter } from '../log.ts'
import { EmbeddedReader } from './embedded-reader.ts'
import { EmbeddedWriter } from './embedded-writer.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { LogStorage } from './log-storage.ts'

describe('a writer of the embedded log', () => {
  it('leaves what is appended while it commits to the next commit', async () => {
    const { writer } = await setUp()
    writer.append('topic', 0, 0, null, 'first')
    const first = writer.commit()
    writer.append('topic', 0, 0, null, 'second')
    writer.append('topic', 0, 0, null, 'third')
    expect((await first).get('topic/0')).toBe(1)
    expect((await writer.commit()).get('topic/0')).toBe(3)
  })

  it('writes a transaction, its offsets and the end offsets in one batch of the database', async () => {
    const { writer, writes } = await setUp({ transactionalId: 'tx' })
    for (const partition of [0, 1]) for (let i = 0; i < 1000; i++) writer.append('topic', partition, 0, null, 'x'.repeat(500))
    const before = writes.length
    await writer.commit({ identity: { group: 'g', generation: -1, memberId: '' }, offsets: new Map([['topic/0', 1]]) })
    expect(writes).toHaveLength(before + 1)
    expect(new Set(writes.at(-1)?.map(({ key }) => String.fromCharCode(key[0] ?? 0)))).toEqual(new Set(['d', 'g', 'p']))
  })

  it('shares one write with the commits of others that arrive during a write', async () => {
    const { storage, writes } = await setUp()
    const writers = await Promise.all(Array.from({ length: 5 }, (_, i) => newWriter(storage, `tx-${i}`)))
    const before = writes.length
    for (const writer of writers) writer.append('topic', 0, 0, null, 'x')
    const ends = await Promise.all(writers.map((writer) => writer.commit()))
    expect(ends.map((next) => next.get('topic/0'))).toEqual([1, 2, 3, 4, 5])
    expect(writes.length - before).toBe(2)
  })

  it('leaves nothing in the database of a transaction that is aborted or refused', async () => {
    const { writer, storage, writes } = await setUp({ transactionalId: 'tx' })
    const before = writes.length
    writer.append('topic', 0, 0, null, 'x'.repeat(600_000))
    await writer.flush()
    await writer.abort()
    writer.append('topic', 0, 0, null, 'y')
    await storage.newEpoch('tx')
    await expect(writer.commit()).rejects.toMatchObject({ code: 'FENCED' })
    expect(
      writes
        .slice(before)
        .flat()
        .filter(({ key }) => key[0] === 100),
    ).toEqual([])
  })

  it('hands a commit to a reader at the end without reading the database', async () => {
    const { writer, storage, engine } = await setUp({ transactionalId: 'tx' })
    const reader = new EmbeddedReader(storage, { name: 'test' }, () => undefined)
    reader.assign(new Map([['topic/0', 0]]))
    const polled = reader.poll(60_000)
    engine.cursor = () => {
      throw new Error('the database was read')
    }
    writer.append('topic', 0, 0, null, 'pushed')
    await writer.commit()
    const [batch] = await polled
    expect(batch?.records.map(({ value }) => String(value))).toEqual(['pushed'])
    expect(batch?.nextOffset).toBe(1)
  })

  it('takes nothing more once a write has failed, and says LOG_IO', async () => {
    const { writer, storage, engine } = await setUp({ transactionalId: 'tx' })
    engine.write = () => Promise.reject(new Error('no space left on device'))
    writer.append('topic', 0, 0, null, 'x')
    await expect(writer.commit()).rejects.toMatchObject({ code: 'LOG_IO', message: expect.stringContaining('no space left') })
    expect(storage.partition({ topic: 'topic', partition: 0 }).endOffset).toBe(0)
    writer.append('topic', 0, 0, null, 'x')
    await expect(writer.commit()).rejects.toMatchObject({ code: 'LOG_IO' })
  })

  it('tells of a failed sending in the background at the next commit, which writes nothing', async () => {
    const { writer, storage } = await setUp()
    writer.append('topic', 0, 0, null, 'x')
    await storage.deleteTopics(['topic'])
    await expect.poll(() => writer.pendingBytes).toBe(0)
    const offsets = { identity: { group: 'g', generation: -1, memberId: '' }, offsets: new Map([['other/0', 1]]) }
    await expect(writer.commit(offsets)).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
    expect(storage.offsets('g').size).toBe(0)
    await writer.commit(offsets)
    expect(storage.offsets('g').get('other/0')).toEqual({ offset: 1 })
  })

  it('refuses records without a key for a compacted topic', async () => {
    const { writer, storage } = await setUp()
    await storage.createTopics([{ topic: 'compacted', partitions: 1, cleanup: 'compact' }])
    await writer.prepare(['compacted'])
    expect(() => writer.append('compacted', 0, 0, null, 'x')).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
  })

  it('keeps a transaction that is larger than a batch in order', async () => {
    const { writer, storage } = await setUp({ transactionalId: 'tx' })
    for (let i = 0; i < 20_000; i++) writer.append('topic', 0, i, `key-${i}`, 'x'.repeat(i % 100))
    await writer.commit()
    const reader = new EmbeddedReader(storage, { name: 'test', maxBufferedBytes: 300_000 }, () => undefined)
    reader.assign(new Map([['topic/0', 0]]))
    let next = 0
    while (next < 20_000) {
      for (const { records } of await reader.poll(1000)) {
        for (const record of records) {
          expect([record.offset, record.timestamp, String(record.key)]).toEqual([next, next, `key-${next}`])
          next++
        }
      }
    }
  })
})

interface SetUp {
  readonly engine: StateEngine
  readonly storage: LogStorage
  readonly writer: LogWriter
  /** Every write of the database. */
  readonly writes: (readonly EngineOperation[])[]
}

async function setUp({ transactionalId }: { readonly transactionalId?: string } = {}): Promise<SetUp> {
  const engine = memoryEngine()
  const writes: (readonly EngineOperation[])[] = []
  const write = engine.write.bind(engine)
  engine.write = (operations, options) => {
    writes.push(operations)
    return write(operations, options)
  }
  const storage = await LogStorage.open(engine, true)
  await storage.createTopics([{ topic: 'topic', partitions: 2, cleanup: 'delete' }])
  return { engine, storage, writer: await newWriter(storage, transactionalId), writes }
}

async function newWriter(storage: LogStorage, transactionalId?: string): Promise<LogWriter> {
  const epoch = transactionalId === undefined ? 0 : await storage.newEpoch(transactionalId)
  const options = { name: 'test', ...(transactionalId === undefined ? {} : { transactionalId }) }
  const writer = new EmbeddedWriter(storage, new GroupCoordinator(), options, epoch, () => undefined)
  await writer.prepare(['topic'])
  return writer
}
