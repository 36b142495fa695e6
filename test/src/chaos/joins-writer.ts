import { setTimeout as sleep } from 'node:timers/promises'
import { type Log, type LogWriter, partitionForKey } from '@millrace/core'
import type { Random } from '../../../examples/src/shop/random.ts'

export const PARTITIONS = 4
const RECORDS_PER_FLUSH = 8
const LATE = 50

export interface Written {
  /** Without the prefix. */
  readonly topic: string
  readonly key: string
  readonly value: string | null
  readonly timestamp: number
}

/** Writes random changes and events to the inputs of the joins: a millisecond of event time each, some late. */
export class JoinsWriter implements AsyncDisposable {
  readonly written: Written[] = []
  readonly #prefix: string
  readonly #writer: LogWriter
  readonly #random: Random
  #time = Date.now()
  #number = 0
  #open = true

  static async open(log: Log, prefix: string, topics: readonly string[], random: Random): Promise<JoinsWriter> {
    const writer = await log.openWriter({ name: 'writer' })
    await writer.prepare(topics.map((topic) => `${prefix}-${topic}`))
    return new JoinsWriter(prefix, writer, random)
  }

  private constructor(prefix: string, writer: LogWriter, random: Random) {
    this.#prefix = prefix
    this.#writer = writer
    this.#random = random
  }

  /** Until `stop`. */
  async writeOn(): Promise<void> {
    while (this.#open) {
      for (let i = 0; i < RECORDS_PER_FLUSH; i++) this.#one()
      await this.#writer.flush()
      await sleep(15)
    }
  }

  stop(): void {
    this.#open = false
  }

  async write(topic: string, key: string, value: string | null, { later = 0 } = {}): Promise<void> {
    this.#append(topic, key, value, (this.#time += later))
    await this.#writer.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close()
  }

  #one(): void {
    const random = this.#random
    const number = this.#number++
    const time = ++this.#time
    const topic = random.pick(['clicks', 'clicks', 'purchases', 'purchases', 'customers', 'balances', 'orders', 'rates'])
    switch (topic) {
      case 'clicks':
        return this.#append(topic, `u${random.below(20)}`, `click ${number}`, time - random.pick([0, 0, 0, LATE]))
      case 'purchases':
        return this.#append(
          topic,
          `u${random.below(20)}`,
          `${random.pick(['x', 'y'])}${number}`,
          time - random.pick([0, 0, LATE]),
        )
      case 'orders':
        return this.#append(topic, `o${random.below(40)}`, this.#rowOr(`c${random.below(12)}/${number}`), time)
      case 'rates':
        return this.#append(topic, random.pick(['x', 'y']), String(number), time)
      default:
        return this.#append(topic, `c${random.below(12)}`, this.#rowOr(`${random.pick(['a', 'b', 'c'])}${number}`), time)
    }
  }

  /** One change in four is a deletion. */
  #rowOr(row: string): string | null {
    return this.#random.below(4) === 0 ? null : row
  }

  #append(topic: string, key: string, value: string | null, timestamp: number): void {
    this.#writer.append(`${this.#prefix}-${topic}`, partitionForKey(key, PARTITIONS), timestamp, key, value)
    this.written.push({ topic, key, value, timestamp })
  }
}
