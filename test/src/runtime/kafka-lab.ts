import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaLog, type Log, topicPartitionKey } from '@millrace/core'
import { inject } from 'vitest'
import { uniqueName } from '../support/unique-name.ts'

/** Topics on the tests' Kafka, made, filled and read as another program would; and a folder for state. */
export class KafkaLab implements AsyncDisposable {
  readonly brokers: readonly string[]
  readonly log: Log
  readonly #folder: string

  private constructor(folder: string) {
    this.brokers = inject('kafkaBrokers')
    this.log = kafkaLog({ brokers: this.brokers })
    this.#folder = folder
  }

  static async open(): Promise<KafkaLab> {
    return new KafkaLab(await mkdtemp(join(tmpdir(), 'millrace-')))
  }

  stateDir(name: string): string {
    return join(this.#folder, name)
  }

  async topic(partitions = 4): Promise<string> {
    const topic = uniqueName('topic')
    await this.log.admin.createTopics([{ topic, partitions, cleanup: 'delete', retentionMs: -1 }])
    return topic
  }

  /** Appends records, partition after partition. */
  async produce(topic: string, records: readonly (readonly [key: string, value: string])[]): Promise<void> {
    const writer = await this.log.openWriter({ name: 'producer' })
    const count = (await writer.prepare([topic])).get(topic) ?? 1
    for (const [index, [key, value]] of records.entries()) writer.append(topic, index % count, index, key, value)
    await writer.flush()
    await writer.close()
  }

  /** All committed records, by partition and offset. */
  async read(topic: string): Promise<readonly (readonly [key: string, value: string])[]> {
    const partitions = (await this.log.admin.describeTopics([topic])).get(topic)?.partitions ?? 0
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    const ends = await this.log.admin.endOffsets(all)
    const open = new Map([...ends].filter(([, end]) => end > 0))
    const reader = await this.log.openReader({ name: 'consumer' })
    reader.assign(new Map([...open.keys()].map((key) => [key, 0])))
    const records: (readonly [string, string])[] = []
    while (open.size > 0) {
      for (const batch of await reader.poll(100)) {
        for (const { key, value } of batch.records) records.push([String(key), String(value)])
        const key = topicPartitionKey(batch.topic, batch.partition)
        if (batch.nextOffset >= (open.get(key) ?? 0)) open.delete(key)
      }
    }
    await reader.close()
    return records
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
