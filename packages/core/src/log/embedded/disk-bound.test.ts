import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Log, TopicSpec } from '../log.ts'
import { embeddedLog } from './embedded-log.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** What LevelDB may hold beside the data: its log and the tables of two write buffers (32 MiB each) before they are merged. */
const DATABASE_SLACK = 72 * MIB

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

describe('the disk of an embedded log', { timeout: 60_000 }, () => {
  it('stays bounded while a topic with retention.bytes is written to for long', async () => {
    const { log, bytesOnDisk } = await newLog({
      cleanup: 'delete',
      retentionBytes: 2 * MIB,
      config: { 'segment.bytes': String(512 * KIB) },
    })
    const written = await writeRounds(log, 75, (i) => `key-${i}`)
    expect(written).toBeGreaterThan(4 * DATABASE_SLACK)
    await expect.poll(bytesOnDisk, { timeout: 20_000, interval: 100 }).toBeLessThan(DATABASE_SLACK)
    await expect.poll(() => retained(log), { timeout: 20_000, interval: 100 }).toBeLessThan(7 * MIB)
    expect(await retained(log)).toBeGreaterThan(1.9 * MIB)
    await log.close()
  })

  it('stays bounded while the keys of a compacted topic are overwritten for long', async () => {
    const { log, bytesOnDisk } = await newLog({ cleanup: 'compact', config: { 'segment.bytes': String(512 * KIB) } })
    const written = await writeRounds(log, 75, (i) => `key-${i % 1500}`)
    expect(written).toBeGreaterThan(4 * DATABASE_SLACK)
    await expect.poll(bytesOnDisk, { timeout: 20_000, interval: 100 }).toBeLessThan(DATABASE_SLACK)
    expect(await keysOf(log)).toBe(1500)
    await log.close()
  })

  it('gives back the space of a deleted topic', async () => {
    const { log, bytesOnDisk } = await newLog({ cleanup: 'delete' })
    await writeRounds(log, 40, (i) => `key-${i}`)
    expect(await bytesOnDisk()).toBeGreaterThan(150 * MIB)
    await log.admin.deleteTopics(['topic'])
    await expect.poll(bytesOnDisk, { timeout: 20_000, interval: 100 }).toBeLessThan(DATABASE_SLACK)
    await log.close()
  })

  it('drops what is older than retention.ms without anybody writing', async () => {
    const { log } = await newLog({ cleanup: 'delete', retentionMs: 3_600_000 })
    const writer = await log.openWriter({ name: 'test' })
    await writer.prepare(['topic'])
    const now = Date.now()
    const ages = [7200, 3700, 10, 5]
    for (const seconds of ages) {
      writer.append('topic', 0, now - seconds * 1000, null, `${seconds} seconds old`)
      await writer.flush()
    }
    await expect.poll(() => bounds(log), { timeout: 10_000 }).toEqual([2, 4])
    await log.close()
  })
})

async function newLog(spec: Omit<TopicSpec, 'topic' | 'partitions'>): Promise<{ log: Log; bytesOnDisk: () => Promise<number> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'))
  folders.push(folder)
  const log = embeddedLog({ location: folder, durability: 'os', retentionCheckMs: 50 })
  await log.admin.createTopics([{ retentionMs: -1, ...spec, topic: 'topic', partitions: 1 }])
  return { log, bytesOnDisk: () => sizeOf(folder) }
}

const VALUE_BYTES = 4096
/** Does not compress. */
const NOISE = randomBytes(8 * MIB)

/** Rounds of 1,000 records, each one commit; resolves to the bytes of all values. */
async function writeRounds(log: Log, rounds: number, keyOf: (i: number) => string): Promise<number> {
  const writer = await log.openWriter({ name: 'test', transactionalId: 'test' })
  await writer.prepare(['topic'])
  for (let i = 0; i < rounds * 1000; i++) {
    const start = (i * 7919) % (NOISE.length - VALUE_BYTES)
    writer.append('topic', 0, 1000, keyOf(i), NOISE.subarray(start, start + VALUE_BYTES))
    if (i % 1000 === 999) await writer.commit()
  }
  return rounds * 1000 * VALUE_BYTES
}

async function bounds(log: Log): Promise<readonly [begin: number, end: number]> {
  const partitions = [{ topic: 'topic', partition: 0 }]
  const begin = (await log.admin.beginningOffsets(partitions)).get('topic/0') ?? Number.NaN
  const end = (await log.admin.endOffsets(partitions)).get('topic/0') ?? Number.NaN
  return [begin, end]
}

async function retained(log: Log): Promise<number> {
  const [begin, end] = await bounds(log)
  return (end - begin) * VALUE_BYTES
}

async function keysOf(log: Log): Promise<number> {
  const [begin, end] = await bounds(log)
  const reader = await log.openReader({ name: 'test' })
  reader.assign(new Map([['topic/0', begin]]))
  const keys = new Set<string>()
  for (let position = begin; position < end; ) {
    for (const { records, nextOffset } of await reader.poll(1000)) {
      for (const { key } of records) keys.add(String(key))
      position = nextOffset
    }
  }
  return keys.size
}

/** LevelDB deletes files while they are counted. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) {
    const info = await stat(join(folder, name)).catch(() => null)
    bytes += info?.size ?? 0
  }
  return bytes
}
