import type { Log, LogReader } from '@millrace/core'

/** Reads numbers that were written in order to each partition, and notes what is not in order. */
export class Collector {
  /** `partition: got x after y` */
  readonly disorder: string[] = []
  count = 0
  readonly #next: number[]
  readonly #reader: LogReader

  constructor(reader: LogReader | undefined, topic: string, partitions: number) {
    if (reader === undefined) throw new Error(`no reader for ${topic}`)
    this.#reader = reader
    this.#next = new Array<number>(partitions).fill(0)
    reader.assign(new Map(this.#next.map((_, partition) => [`${topic}/${partition}`, 0])))
  }

  /** Reads until so many numbers have come in each partition. */
  async until(perPartition: number): Promise<void> {
    while (this.#next.some((next) => next < perPartition)) {
      for (const { partition, records } of await this.#reader.poll(1000)) {
        for (const record of records) {
          const got = Number(record.value)
          const expected = this.#next[partition] ?? 0
          if (got !== expected) this.disorder.push(`${partition}: got ${got} after ${expected - 1}`)
          this.#next[partition] = got + 1
          this.count++
        }
      }
    }
  }
}

export interface Writing {
  readonly written: number
  reached(numbers: number): Promise<void>
  /** Resolves to how many numbers were written to each partition. */
  stop(): Promise<number>
}

/** Writes 0, 1, 2 … to every partition, ten at a time, going back to the last commit when a transaction was aborted. */
export function writeNumbers(log: Log, topic: string, partitions: number, transactionalId?: string): Writing {
  let committed = 0
  let running = true
  // Today's time: a broker that restarts forgets the sequence numbers of producers whose newest record is older than
  // producer.id.expiration.ms, by the record's own time, and takes a retried batch twice. Open transactions are exempt.
  const timestamp = Date.now()
  const run = async (): Promise<void> => {
    const writer = await log.openWriter({ name: 'numbers', ...(transactionalId === undefined ? {} : { transactionalId }) })
    await writer.prepare([topic])
    while (running) {
      for (let i = committed; i < committed + 10; i++) {
        for (let partition = 0; partition < partitions; partition++) writer.append(topic, partition, timestamp, null, String(i))
      }
      try {
        await writer.commit()
        committed += 10
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'TRANSACTION_ABORTED')) throw error
      }
    }
    await writer.close()
  }
  const done = run()
  return {
    get written() {
      return committed
    },
    async reached(numbers) {
      while (committed < numbers) await Promise.race([new Promise((resolve) => setTimeout(resolve, 10)), done])
    },
    async stop() {
      running = false
      await done
      return committed
    },
  }
}
