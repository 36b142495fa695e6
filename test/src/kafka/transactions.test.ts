import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { kafkaLog, type Log, type LogReader, type LogWriter } from '@millrace/core'
import { startChildProgram } from '../support/child-process.ts'
import { uniqueName } from '../support/unique-name.ts'

describe('transactions on Kafka', () => {
  let log: Log

  beforeAll(() => {
    log = kafkaLog({ brokers: inject('kafkaBrokers') })
  })
  afterAll(() => log.close())

  async function newTopic(config: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = uniqueName('transactions')
    await log.admin.createTopics([{ topic, partitions: 1, cleanup: 'delete', retentionMs: -1, config }])
    return topic
  }

  async function newWriter(topic: string, transactionTimeoutMs?: number): Promise<LogWriter> {
    const options = transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs }
    const writer = await log.openWriter({ name: 'test', transactionalId: uniqueName('tx'), ...options })
    await writer.prepare([topic])
    return writer
  }

  it('of several writers, interleaved in one partition, show what was committed and hide what was aborted', async () => {
    const topic = await newTopic()
    const writers = await Promise.all([1, 2, 3].map(() => newWriter(topic)))
    const committed: string[][] = writers.map(() => [])
    for (let round = 0; round < 10; round++) {
      for (const [i, writer] of writers.entries()) {
        for (let n = 0; n < 3; n++) {
          writer.append(topic, 0, Date.now(), null, `${i}-${round}-${n}`)
          await writer.flush()
        }
      }
      for (const [i, writer] of writers.entries()) {
        if ((round + i) % 3 === 0) await writer.abort()
        else {
          await writer.commit()
          committed[i]?.push(...[0, 1, 2].map((n) => `${i}-${round}-${n}`))
        }
      }
    }
    const values = await readToEnd(log, topic)
    expect(writers.map((_, i) => values.filter((value) => value.startsWith(`${i}-`)))).toEqual(committed)
    // From the middle, where aborted transactions are open already.
    expect(await readToEnd(log, topic, 41)).toEqual(values.slice(-(await readToEnd(log, topic, 41)).length))
    for (const writer of writers) await writer.close()
  })

  it('follow on each other as fast as they can', async () => {
    const topic = await newTopic()
    const writer = await newWriter(topic)
    for (let i = 0; i < 100; i++) {
      writer.append(topic, 0, Date.now(), null, String(i))
      await writer.commit()
    }
    expect(await readToEnd(log, topic)).toEqual(Array.from({ length: 100 }, (_, i) => String(i)))
    await writer.close()
  })

  it('take what is appended during a commit into the next one', async () => {
    const topic = await newTopic()
    const writer = await newWriter(topic)
    for (let i = 0; i < 20; i++) {
      writer.append(topic, 0, Date.now(), null, `${i}-before`)
      const committing = writer.commit()
      // Enough to fill a batch, which must wait.
      for (let n = 0; n < 300; n++) writer.append(topic, 0, Date.now(), null, `${i}-during`.padEnd(1000))
      await committing
      await writer.abort()
    }
    expect(await readToEnd(log, topic)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}-before`))
    await writer.close()
  })

  it('left open by a process that was killed are aborted when its successor opens', async () => {
    const topic = await newTopic()
    const transactionalId = uniqueName('killed')
    const env = { KAFKA_BROKERS: inject('kafkaBrokers').join(','), TOPIC: topic, TRANSACTIONAL_ID: transactionalId }
    await using child = startChildProgram(new URL('leaves-transaction-open.ts', import.meta.url), { env })
    await child.line('transaction is open')
    await child.kill()
    const successor = await log.openWriter({ name: 'successor', transactionalId })
    await successor.prepare([topic])
    successor.append(topic, 0, Date.now(), null, 'of the successor')
    const next = await successor.commit()
    expect(await readToEnd(log, topic)).toEqual(['committed', 'of the successor'])
    expect((await log.admin.endOffsets([{ topic, partition: 0 }])).get(`${topic}/0`)).toBe(next.get(`${topic}/0`))
    await successor.close()
  })

  it('that stay open for longer than their timeout are aborted; the writer goes on with the next one', async () => {
    const topic = await newTopic()
    const writer = await newWriter(topic, 1000)
    writer.append(topic, 0, Date.now(), null, 'too late')
    await writer.flush()
    // The coordinator looks for such transactions every ten seconds.
    await expect(waitForAbort(log, topic, writer)).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' })
    writer.append(topic, 0, Date.now(), null, 'in time')
    await writer.commit()
    expect(await readToEnd(log, topic)).toEqual(['in time'])
    await writer.close()
  })

  it('split batches that the topic finds too large, and refuse a single record that is', async () => {
    const topic = await newTopic({ 'max.message.bytes': '20000' })
    const writer = await newWriter(topic)
    const values = Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(500)}`)
    for (const value of values) writer.append(topic, 0, Date.now(), 'key', value, [['header', Buffer.from('h')]])
    await writer.commit()
    expect(writer.pendingBytes).toBe(0)
    expect(await readToEnd(log, topic)).toEqual(values)
    writer.append(topic, 0, Date.now(), null, 'x'.repeat(30_000))
    await expect(writer.commit()).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' })
    writer.append(topic, 0, Date.now(), null, 'small')
    await writer.commit()
    expect(await readToEnd(log, topic)).toEqual([...values, 'small'])
    await writer.close()
  })
})

async function readToEnd(log: Log, topic: string, from = 0): Promise<string[]> {
  const end = (await log.admin.endOffsets([{ topic, partition: 0 }], 'read-uncommitted')).get(`${topic}/0`) ?? 0
  const reader = await log.openReader({ name: 'test' })
  reader.assign(new Map([[`${topic}/0`, from]]))
  const values = await take(reader, end)
  await reader.close()
  return values
}

async function take(reader: LogReader, end: number): Promise<string[]> {
  const values: string[] = []
  for (let position = 0; position < end; ) {
    for (const batch of await reader.poll(1000)) {
      values.push(...batch.records.map(({ value }) => String(value)))
      position = batch.nextOffset
    }
  }
  return values
}

/** Waits until the broker has ended the transaction, then commits. */
async function waitForAbort(log: Log, topic: string, writer: LogWriter): Promise<unknown> {
  const at = { topic, partition: 0 }
  for (;;) {
    const [stable, high] = [await log.admin.endOffsets([at]), await log.admin.endOffsets([at], 'read-uncommitted')]
    if (stable.get(`${topic}/0`) === high.get(`${topic}/0`)) return await writer.commit()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
