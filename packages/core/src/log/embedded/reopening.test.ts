import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EngineOperation, levelEngine, memoryEngine } from '@millrace/state-store'
import { afterAll, describe, expect, it } from 'vitest'
import type { Log } from '../log.ts'
import { embeddedLog } from './embedded-log.ts'
import { dataKey, META_KEY } from './keys.ts'
import { LogStorage } from './log-storage.ts'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

describe('an embedded log that is opened again', () => {
  it('has its topics, records, offsets and writer epochs', async () => {
    const folder = await newFolder()
    const log = embeddedLog({ location: folder })
    await log.admin.createTopics([
      { topic: 'kept', partitions: 2, cleanup: 'compact', config: { 'delete.retention.ms': '5' } },
      { topic: 'dropped', partitions: 1, cleanup: 'delete' },
    ])
    await write(log, 'kept', 1, 'one', 'two')
    await write(log, 'dropped', 0, 'gone')
    const member = await log.openMember({ group: 'g', topics: [], onRebalance: () => undefined })
    const { identity } = await member.join(new Uint8Array(), () => new Map())
    const writer = await log.openWriter({ name: 'test', transactionalId: 'tx' })
    await writer.commit({
      identity,
      offsets: new Map([
        ['kept/1', 2],
        ['dropped/0', 1],
      ]),
      metadata: new Map([['kept/1', 'text']]),
    })
    await log.admin.deleteTopics(['dropped'])
    await log.close()

    const reopened = embeddedLog({ location: folder })
    const topics = await reopened.admin.describeTopics(['kept', 'dropped'])
    expect([...topics.keys()]).toEqual(['kept'])
    expect(topics.get('kept')).toMatchObject({
      partitions: 2,
      config: { 'cleanup.policy': 'compact', 'delete.retention.ms': '5' },
    })
    expect(await values(reopened, 'kept', 1, 2)).toEqual(['one', 'two'])
    const { offsets, metadata } = await reopened.admin.committedOffsets('g', [
      { topic: 'kept', partition: 1 },
      { topic: 'dropped', partition: 0 },
    ])
    expect([...offsets]).toEqual([['kept/1', 2]])
    expect([...metadata]).toEqual([['kept/1', 'text']])
    await write(reopened, 'kept', 1, 'three')
    expect(await values(reopened, 'kept', 1, 3)).toEqual(['one', 'two', 'three'])
    await reopened.close()
    const storage = await LogStorage.open(levelEngine({ location: folder }), true)
    expect(storage.epoch('tx')).toBe(1)
    await storage.close()
  })

  it('has cleared a topic whose deletion was interrupted', async () => {
    const engine = memoryEngine()
    const storage = await LogStorage.open(engine, true)
    await storage.createTopics([{ topic: 'dropped', partitions: 1, cleanup: 'delete' }])
    const { id } = storage.topics.get('dropped') ?? { id: -1 }
    const leftOver: EngineOperation = { type: 'put', key: dataKey(id, 0, 9), value: 'a batch' }
    await storage.deleteTopics(['dropped'])
    await engine.write([leftOver, { type: 'put', key: Buffer.from([120, 0, 0, 0, id]), value: 'dropped' }])
    await storage.close()
    await LogStorage.open(engine, true)
    expect(engine.get(leftOver.key)).toBeUndefined()
    expect(engine.get(Buffer.from([120, 0, 0, 0, id]))).toBeUndefined()
  })

  it('refuses a folder that is in use, with STATE_LOCKED, saying where and what to do', async () => {
    const folder = await newFolder()
    const first = embeddedLog({ location: folder })
    await first.admin.describeTopics([])
    const second = embeddedLog({ location: folder })
    await expect(second.admin.describeTopics([])).rejects.toMatchObject({
      code: 'STATE_LOCKED',
      message: expect.stringMatching(new RegExp(`${folder}.*another process.*Stop the other one`, 's')),
    })
    await second.close()
    await first.close()
  })

  it('refuses a damaged database with LOG_CORRUPT, naming the folder', async () => {
    const folder = await newFolder()
    const log = embeddedLog({ location: folder })
    await log.admin.createTopics([{ topic: 'topic', partitions: 1, cleanup: 'delete' }])
    await log.close()
    for (const name of await readdir(folder)) if (name.startsWith('MANIFEST')) await writeFile(join(folder, name), 'nonsense')
    const damaged = embeddedLog({ location: folder })
    await expect(damaged.admin.describeTopics([])).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining(folder),
    })
  })

  it('refuses a format that it does not know with STATE_INCOMPATIBLE', async () => {
    const folder = await newFolder()
    const engine = levelEngine({ location: folder })
    await engine.open()
    await engine.write([{ type: 'put', key: META_KEY, value: '{"format":99,"nextTopicId":1}' }])
    await engine.close()
    await expect(embeddedLog({ location: folder }).admin.describeTopics([])).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE' })
  })

  it('finds a batch whose bytes have changed: LOG_CORRUPT with topic, partition and offset, after what is whole', async () => {
    const folder = await newFolder()
    await damage(folder, (key, batch) => {
      const changed = Buffer.from(batch)
      changed.writeUInt8(changed.readUInt8(changed.length - 2) ^ 4, changed.length - 2)
      return { type: 'put', key, value: changed }
    })
    expect(await readUntilDamage(folder)).toEqual({ values: ['one'], error: DAMAGED_AT_ONE })
  })

  it('finds a batch that is missing: LOG_CORRUPT, not a jump over it', async () => {
    const folder = await newFolder()
    await damage(folder, (key) => ({ type: 'delete', key }))
    expect(await readUntilDamage(folder)).toEqual({ values: ['one'], error: DAMAGED_AT_ONE })
  })

  it('says LOG_CLOSED after close, and closes twice without harm', async () => {
    const log = embeddedLog({ location: 'memory' })
    const reader = await log.openReader({ name: 'test' })
    const member = await log.openMember({ group: 'g', topics: [], onRebalance: () => undefined })
    await member.join(new Uint8Array(), () => new Map())
    const other = await log.openMember({ group: 'g', topics: [], onRebalance: () => undefined })
    const joining = other.join(new Uint8Array(), () => new Map())
    const closed = Promise.all([log.close(), log.close()])
    await expect(joining).rejects.toMatchObject({ code: 'LOG_CLOSED' })
    await closed
    await expect(reader.poll(0)).rejects.toMatchObject({ code: 'LOG_CLOSED' })
    await expect(log.openReader({ name: 'test' })).rejects.toMatchObject({ code: 'LOG_CLOSED' })
  })
})

/** Three commits of one record each, the second of which is then damaged. */
async function damage(folder: string, change: (key: Buffer, batch: Buffer) => EngineOperation): Promise<void> {
  const log = embeddedLog({ location: folder })
  await log.admin.createTopics([{ topic: 'topic', partitions: 1, cleanup: 'delete', retentionMs: -1 }])
  for (const value of ['one', 'two', 'three']) await write(log, 'topic', 0, value)
  await log.close()
  const engine = levelEngine({ location: folder })
  const storage = await LogStorage.open(engine, true)
  const partition = storage.partition({ topic: 'topic', partition: 0 })
  const [entry] = await engine.cursor(partition.batchesFrom(1)).next(1)
  if (entry === undefined) throw new Error('the batch is not there')
  await engine.write([change(...entry)])
  await storage.close()
}

const DAMAGED_AT_ONE: unknown = expect.objectContaining({
  code: 'LOG_CORRUPT',
  location: expect.objectContaining({ topic: 'topic', partition: 0, offset: 1 }) as unknown,
})

async function readUntilDamage(folder: string): Promise<{ readonly values: readonly string[]; readonly error: unknown }> {
  const log = embeddedLog({ location: folder })
  const reader = await log.openReader({ name: 'test' })
  reader.assign(new Map([['topic/0', 0]]))
  const values: string[] = []
  try {
    for (;;) {
      for (const { records } of await reader.poll(1000)) values.push(...records.map(({ value }) => String(value)))
    }
  } catch (error) {
    return { values, error }
  } finally {
    await log.close()
  }
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'))
  folders.push(folder)
  return folder
}

async function write(log: Log, topic: string, partition: number, ...values: readonly string[]): Promise<void> {
  const writer = await log.openWriter({ name: 'test' })
  await writer.prepare([topic])
  for (const value of values) writer.append(topic, partition, 1000, value, value)
  await writer.close()
}

async function values(log: Log, topic: string, partition: number, count: number): Promise<readonly string[]> {
  const reader = await log.openReader({ name: 'test' })
  reader.assign(new Map([[`${topic}/${partition}`, 0]]))
  const read: string[] = []
  while (read.length < count) {
    for (const { records } of await reader.poll(1000)) read.push(...records.map(({ value }) => String(value)))
  }
  await reader.close()
  return read
}
