import { describe, expect, it } from 'vitest'
import { KafkaLab } from '../runtime/kafka-lab.ts'
import { PaymentShop, type Run } from './payment-shop.ts'

const BAD = 31

/** What is there, a first run, and then rows of which one breaks the schema: the program stops at it. */
async function stopped(shop: PaymentShop, run: Run = {}): Promise<void> {
  await shop.pay(1, 20)
  await shop.catchUp(run)
  await shop.pay(21, BAD - 1)
  await shop.pay(BAD, BAD, 'lost')
  await shop.pay(BAD + 1, 60)
  const { exitCode, failure } = await shop.refusal(run)
  expect(exitCode).toBe(1)
  expect(failure).toMatchObject({
    code: 'RECORD_INVALID',
    topic: expect.stringContaining(`${shop.database.name}.payments-feed`),
    partition: expect.any(Number),
    offset: expect.any(Number),
  })
  expect(failure.error).toMatch(
    new RegExp(
      `^Record .*payments-feed/\\d, offset \\d+ cannot be read by source ".*": the row with id = ${BAD} of ${shop.database.name}\\.payments ` +
        'breaks the schema: column status: .*"new"\\|"paid".* Nothing after it is processed\\. .*onInvalid: \'skip\'.*deadLetter',
    ),
  )
}

describe('A row that breaks the schema', () => {
  it('stops the app before it; with a schema that takes the row, it goes on where it was', async () => {
    await using shop = await PaymentShop.open()
    await stopped(shop)
    const again = await shop.refusal({})
    expect(again.failure.code).toBe('RECORD_INVALID')
    await shop.catchUp({ program: { statuses: ['new', 'paid', 'lost'] } })
  })

  it('is left out with onInvalid: skip, and counts once it is corrected', async () => {
    await using shop = await PaymentShop.open()
    await stopped(shop)
    const skip: Run = { program: { onInvalid: 'skip' } }
    await shop.catchUp(skip, `id <> ${BAD}`)
    await shop.sql(`UPDATE payments SET status = 'paid' WHERE id = ${BAD}`)
    await shop.pay(61, 80)
    await shop.catchUp(skip)
  })

  it('goes to the dead-letter topic as it was read, with the reason and the place, exactly once', async () => {
    await using lab = await KafkaLab.open()
    await using shop = await PaymentShop.open()
    const options = { kafka: { brokers: lab.brokers }, replicas: 1 }
    await stopped(shop, { options })

    const absent = await shop.refusal({ options, program: { onInvalid: { deadLetter: `${shop.database.name}.dead` } } })
    expect(absent).toMatchObject({ exitCode: 1, failure: { code: 'TOPIC_MISSING' } })
    expect(absent.failure.error).toContain(
      `"${shop.database.name}.dead" (written by the topology) does not exist in the kafka log`,
    )

    const deadLetter = await lab.topic(1)
    const run: Run = { options, program: { onInvalid: { deadLetter } } }
    await shop.catchUp(run, `id <> ${BAD}`)
    await shop.pay(61, 80)
    await shop.catchUp(run, `id <> ${BAD}`)

    const reader = await lab.log.openReader({ name: 'test' })
    reader.assign(new Map([[`${deadLetter}/0`, 0]]))
    const records = (await reader.poll(10_000)).flatMap((batch) => batch.records)
    await reader.close()
    expect(records).toHaveLength(1)
    const [record] = records
    expect(String(record?.key)).toBe(String(BAD))
    expect(JSON.parse(String(record?.value))).toEqual({ id: `${BAD}`, customer: 'customer 0', cents: `${BAD}`, status: 'lost' })
    const headers = Object.fromEntries(
      (record?.headers ?? []).map(([name, value]) => [name, Buffer.from(value ?? []).toString()]),
    )
    expect(headers).toMatchObject({
      op: 'c',
      'millrace.reason': expect.stringContaining(`the row with id = ${BAD}`),
      'millrace.topic': expect.stringContaining('payments-feed'),
      'millrace.offset': expect.stringMatching(/^\d+$/),
    })

    await shop.sql(`UPDATE payments SET status = 'paid' WHERE id = ${BAD}`)
    await shop.catchUp(run)
  })
})
