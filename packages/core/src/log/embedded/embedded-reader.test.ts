import { describe, expect, it } from 'vitest'
import type { FetchedBatch, Log, LogReader, LogWriter } from '../log.ts'
import { embeddedLog } from './embedded-log.ts'

describe('a reader of the embedded log', () => {
  it('holds no more than its bound when commits outrun it, and catches up in order', async () => {
    const { reader, writer } = await setUp(64_000)
    await commitNumbers(writer, 100)
    const first = await reader.poll(1000)
    expect(bytesOf(first)).toBeGreaterThan(50_000)
    expect(bytesOf(first)).toBeLessThan(64_000 + 11_000)
    expect([...numbersOf(first), ...(await read(reader, 100 - numbersOf(first).length))]).toEqual(numbers(100))
  })

  it('goes from catching up to being handed commits without a gap or a repetition', async () => {
    const { log, writer } = await setUp(64_000)
    await commitNumbers(writer, 300)
    const late = await log.openReader({ name: 'late', maxBufferedBytes: 64_000 })
    late.assign(new Map([['topic/0', 0]]))
    const [seen] = await Promise.all([read(late, 600), commitNumbers(writer, 300, 300)])
    expect(seen).toEqual(numbers(600))
  })

  it('is handed no batch while earlier ones are still in the database, also when its share of memory grows', async () => {
    const { reader, writer } = await setUp(64_000)
    reader.assign(new Map([['other/0', 0]]))
    await commitNumbers(writer, 10)
    reader.unassign(['other/0'])
    await commitNumbers(writer, 10, 10)
    expect(await read(reader, 20)).toEqual(numbers(20))
  })

  it('lets the event loop turn although it always has something to give', async () => {
    const { reader, writer } = await setUp(8_000_000)
    await commitNumbers(writer, 100)
    expect(await reader.poll(1000)).toHaveLength(1)
    let turned = false
    setImmediate(() => {
      turned = true
    })
    for (const busySince = performance.now(); performance.now() - busySince < 10; );
    expect(await reader.poll(0)).toHaveLength(1)
    expect(turned).toBe(true)
  })

  it('fails with TOPIC_MISSING when its topic is deleted, after what it had', async () => {
    const { log, reader, writer } = await setUp(64_000)
    await commitNumbers(writer, 3)
    await log.admin.deleteTopics(['topic'])
    expect(await read(reader, 3)).toEqual(numbers(3))
    await expect(reader.poll(1000)).rejects.toMatchObject({ code: 'TOPIC_MISSING' })
  })

  it('fails with OFFSET_OUT_OF_RANGE when records that it has not reached are deleted', async () => {
    const { log, reader, writer } = await setUp(20_000)
    await commitNumbers(writer, 50)
    await log.admin.deleteRecords(new Map([['topic/0', 40]]))
    const seen: number[] = []
    const readOn = async (): Promise<void> => {
      for (;;) seen.push(...numbersOf(await reader.poll(1000)))
    }
    await expect(readOn()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', location: { topic: 'topic', partition: 0 } })
    expect(seen).toEqual(numbers(seen.length))
    expect(seen.length).toBeLessThan(40)
  })
})

async function setUp(maxBufferedBytes: number): Promise<{ log: Log; reader: LogReader; writer: LogWriter }> {
  const log = embeddedLog({ location: 'memory' })
  await log.admin.createTopics(['topic', 'other'].map((topic) => ({ topic, partitions: 1, cleanup: 'delete' })))
  const reader = await log.openReader({ name: 'test', maxBufferedBytes })
  reader.assign(new Map([['topic/0', 0]]))
  const writer = await log.openWriter({ name: 'test', transactionalId: 'test' })
  await writer.prepare(['topic'])
  return { log, reader, writer }
}

/** One commit of 10 kB for each number. */
async function commitNumbers(writer: LogWriter, count: number, from = 0): Promise<void> {
  for (const number of numbers(count, from)) {
    writer.append('topic', 0, Date.now(), String(number), 'x'.repeat(10_000))
    await writer.commit()
  }
}

async function read(reader: LogReader, count: number): Promise<readonly number[]> {
  const seen: number[] = []
  while (seen.length < count) seen.push(...numbersOf(await reader.poll(1000)))
  return seen
}

function numbers(count: number, from = 0): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + i)
}

function numbersOf(batches: readonly FetchedBatch[]): readonly number[] {
  return batches.flatMap(({ records }) => records.map(({ key }) => Number(key)))
}

function bytesOf(batches: readonly FetchedBatch[]): number {
  return batches.reduce((sum, { bytes }) => sum + bytes, 0)
}
