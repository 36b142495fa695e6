import type { Encoded, Headers, Pending } from '@millrace/state-store'
import { MillraceError } from '../errors.ts'
import type { LogWriter } from '../log/log.ts'
import { partitionForKey } from '../log/records/index.ts'
import type { RecordCollector } from '../operators/index.ts'

/**
 * Where all tasks of a worker write: one writer, so that one transaction covers them (KIP-447). Bytes go synchronously into
 * the batches being built.
 */
export class WorkerOutput implements RecordCollector {
  #writer: LogWriter
  /** Topics outside the plan that this writer was prepared for. */
  readonly #lookedUp = new Set<string>()
  /** Records appended since the last commit or abort. */
  appended: number = 0
  readonly #partitions: Map<string, number>
  readonly #find: (topic: string) => Promise<number>
  #roundRobin = 0

  /**
   * @param partitions of the topics of the plan
   * @param find partitions of another topic
   */
  constructor(writer: LogWriter, partitions: ReadonlyMap<string, number>, find: (topic: string) => Promise<number>) {
    this.#writer = writer
    this.#partitions = new Map(partitions)
    this.#find = find
  }

  get writer(): LogWriter {
    return this.#writer
  }

  set writer(writer: LogWriter) {
    this.#writer = writer
    this.#lookedUp.clear()
  }

  send(topic: string, key: Encoded | null, value: Encoded | null, timestamp: number, headers: Headers, partition?: number): void {
    this.appended++
    this.writer.append(topic, partition ?? this.#choose(topic, key), timestamp, key, value, headers)
  }

  /** One record of a changelog: its partition is the task's. */
  sendChange(topic: string, partition: number, key: Encoded, value: Encoded | null, timestamp: number): void {
    this.appended++
    this.writer.append(topic, partition, timestamp, key, value)
  }

  lookUp(topic: string): Pending {
    if (!this.#lookedUp.has(topic)) return this.#prepare(topic)
  }

  partitions(topic: string): number {
    const count = this.#partitions.get(topic)
    if (count !== undefined) return count
    throw new MillraceError(
      'TOPIC_MISSING',
      `A record was sent to topic "${topic}", which the topology did not declare, so its partitions are unknown.`,
      { location: { topic } },
    )
  }

  async #prepare(topic: string): Promise<void> {
    const writer = this.#writer
    this.#partitions.set(topic, await this.#find(topic))
    await writer.prepare([topic])
    if (writer === this.#writer) this.#lookedUp.add(topic)
  }

  #choose(topic: string, key: Encoded | null): number {
    const count = this.partitions(topic)
    return key === null ? this.#roundRobin++ % count : partitionForKey(key, count)
  }
}
