import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedLog } from '../../log/embedded/index.ts'
import type { Log, TopicSpec } from '../../log/log.ts'
import { NO_HEADERS, partitionForKey } from '../../log/records/index.ts'
import { partitionsOf, topicPartitionKey } from '../../log/topic-partition.ts'

type LabRecord = readonly [key: string, value: string | null, timestamp?: number]

/** A folder with an embedded log, for one test: topics are made, filled and read as another program would. */
export class Lab {
  readonly folder: string
  log: Log

  private constructor(folder: string) {
    this.folder = folder
    this.log = this.openLog()
  }

  static async open(): Promise<Lab> {
    return new Lab(await mkdtemp(join(tmpdir(), 'millrace-')))
  }

  get stateDir(): string {
    return join(this.folder, 'state')
  }

  openLog(): Log {
    return embeddedLog({ location: join(this.folder, 'log'), durability: 'os' })
  }

  async close(): Promise<void> {
    await this.log.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  async topics(...names: string[]): Promise<void> {
    await this.log.admin.createTopics(
      names.map((topic): TopicSpec => ({ topic, partitions: 4, cleanup: 'delete', retentionMs: -1 })),
    )
  }

  /** Appends records by key. Where they do not say when they are of, timestamps count up from `from`. */
  async produce(topic: string, records: readonly LabRecord[], from = 0): Promise<void> {
    const writer = await this.log.openWriter({ name: 'producer' })
    const count = (await writer.prepare([topic])).get(topic) ?? 0
    for (const [index, [key, value, timestamp = from + index]] of records.entries()) {
      writer.append(topic, partitionForKey(key, count), timestamp, key, value, NO_HEADERS)
    }
    await writer.flush()
    await writer.close()
  }

  /** All committed records of a topic, by partition and offset. */
  async read(topic: string): Promise<readonly (readonly [key: string | null, value: string | null])[]> {
    const partitions = (await this.log.admin.describeTopics([topic])).get(topic)?.partitions ?? 0
    const ends = await this.log.admin.endOffsets(partitionsOf(topic, partitions))
    const open = new Map([...ends].filter(([, end]) => end > 0))
    const reader = await this.log.openReader({ name: 'consumer', outOfRange: 'earliest' })
    reader.assign(new Map([...open.keys()].map((key) => [key, 0])))
    const records: (readonly [string | null, string | null])[] = []
    while (open.size > 0) {
      for (const batch of await reader.poll(100)) {
        for (const { key, value } of batch.records) records.push([key?.toString() ?? null, value?.toString() ?? null])
        const key = topicPartitionKey(batch.topic, batch.partition)
        if (batch.nextOffset >= (open.get(key) ?? 0)) open.delete(key)
      }
    }
    await reader.close()
    return records
  }

  /** The last value of each key. */
  async table(topic: string): Promise<Record<string, string | null>> {
    return Object.fromEntries((await this.read(topic)).map(([key, value]) => [key ?? '', value]))
  }
}
