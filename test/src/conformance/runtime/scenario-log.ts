import {
  embeddedLog,
  type Log,
  type LogRecord,
  type LogWriter,
  partitionForKey,
  planTopology,
  type Topology,
  type TopicSpec,
  topicPartitionKey,
} from '@millrace/core'
import { decodeHeaders, encodeHeaders } from '../header-list.ts'
import type { InputStep, OutputRecord, Scenario } from '../scenario.ts'

/** A log in memory with the topics of one scenario: filled and read as other programs would. */
export class ScenarioLog implements AsyncDisposable {
  readonly log: Log
  readonly #writer: LogWriter
  readonly #partitions: number
  /** User topics that the scenario may write to. */
  readonly #outputs: readonly string[]

  static async open(scenario: Scenario, topology: Topology, partitions: number): Promise<ScenarioLog> {
    const log = embeddedLog({ location: 'memory' })
    const plan = planTopology(topology, { optimize: scenario.optimize === true })
    const written = new Set(plan.subtopologies.flatMap(({ sinkTopics }) => sinkTopics))
    const users = [...plan.topics.values()].filter(({ role }) => role === 'source' || role === 'sink').map(({ topic }) => topic)
    const outputs = new Set([...users.filter((topic) => written.has(topic)), ...outputsOf(scenario)])
    const compacted = new Set([...plan.stores.values()].flatMap(({ sourceTopic }) => sourceTopic ?? []))
    const specs = [...new Set([...users, ...outputs])].map(
      (topic): TopicSpec => ({ topic, partitions, cleanup: compacted.has(topic) ? 'compact' : 'delete', retentionMs: -1 }),
    )
    await log.admin.createTopics(specs)
    const writer = await log.openWriter({ name: 'scenario' })
    await writer.prepare(specs.map(({ topic }) => topic))
    return new ScenarioLog(log, writer, partitions, [...outputs].sort())
  }

  private constructor(log: Log, writer: LogWriter, partitions: number, outputs: readonly string[]) {
    this.log = log
    this.#writer = writer
    this.#partitions = partitions
    this.#outputs = outputs
  }

  /** Resolves when the record is in the log. Records without a key are all in the first partition. */
  async write({ in: topic, key, value, ts, headers }: InputStep): Promise<void> {
    const partition = key === null ? 0 : partitionForKey(key, this.#partitions)
    this.#writer.append(topic, partition, ts, key, value, encodeHeaders(headers ?? []))
    await this.#writer.flush()
  }

  /** All that was committed to the user topics: topics in ascending order, within a topic by partition and offset. */
  async readOutputs(): Promise<readonly OutputRecord[]> {
    const all = this.#outputs.flatMap((topic) =>
      Array.from({ length: this.#partitions }, (_, partition) => ({ topic, partition })),
    )
    const open = new Map([...(await this.log.admin.endOffsets(all))].filter(([, end]) => end > 0))
    const found = new Map<string, OutputRecord[]>([...open.keys()].map((key) => [key, []]))
    const reader = await this.log.openReader({ name: 'outputs', outOfRange: 'earliest' })
    reader.assign(new Map([...open.keys()].map((key) => [key, 0])))
    while (open.size > 0) {
      for (const { topic, partition, records, nextOffset } of await reader.poll(100)) {
        const key = topicPartitionKey(topic, partition)
        for (const record of records) found.get(key)?.push(outputRecord(topic, record))
        if (nextOffset >= (open.get(key) ?? 0)) open.delete(key)
      }
    }
    await reader.close()
    return all.flatMap(({ topic, partition }) => found.get(topicPartitionKey(topic, partition)) ?? [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close()
    await this.log.close()
  }
}

/** Those that records choose themselves are known from the recorded answers only. */
function outputsOf({ expect }: Scenario): readonly string[] {
  return expect.flatMap((step) => step.map(({ out }) => out))
}

function outputRecord(out: string, record: LogRecord): OutputRecord {
  const { key, value, timestamp: ts, headers } = record
  const plain = { out, key: key?.toString() ?? null, value: value?.toString() ?? null, ts }
  return headers.length === 0 ? plain : { ...plain, headers: decodeHeaders(headers) }
}
