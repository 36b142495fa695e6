import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { type App, createApp, string, type Topology, topology } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { KafkaLab } from '../runtime/kafka-lab.ts'
import { startChildProgram } from '../support/child-process.ts'
import { uniqueName } from '../support/unique-name.ts'
import { waitUntil } from '../support/wait-until.ts'
import { PaymentShop } from './payment-shop.ts'

describe('An app that cannot start as it is told ends with exit code 1, and goes on once the cause is mended', () => {
  it('a wrong broker address: named, within seconds', async () => {
    await using lab = await KafkaLab.open()
    await using shop = await PaymentShop.open()
    const right = { kafka: { brokers: lab.brokers }, replicas: 1 }
    await shop.pay(1, 20)
    await shop.catchUp({ options: right })
    await shop.pay(21, 40)
    const address = `127.0.0.1:${await unusedPort()}`
    const { exitCode, failure } = await shop.refusal({ options: { ...right, kafka: { brokers: [address] } } })
    expect(exitCode).toBe(1)
    expect(failure.code).toBe('BROKER_UNREACHABLE')
    expect(failure.error).toContain(address)
    expect(failure.error).toMatch(/Check that the address and the port/)
    await shop.catchUp({ options: right })
  })

  it('a wrong address of the database: named, within seconds', async () => {
    await using shop = await PaymentShop.open()
    const port = await unusedPort()
    const { exitCode, failure } = await shop.refusal({ options: { mysql: `mysql://root:hunter2@127.0.0.1:${port}` } })
    expect(exitCode).toBe(1)
    expect(failure.code).toBe('MYSQL_UNAVAILABLE')
    expect(failure.error).toContain(`MySQL at 127.0.0.1:${port} cannot be reached`)
    expect(JSON.stringify(failure)).not.toContain('hunter2')
    await shop.pay(1, 20)
    await shop.catchUp()
  })

  it('a topic that does not exist: the command that creates it is in the message', async () => {
    await using lab = await KafkaLab.open()
    const [lines, counts, appId] = [uniqueName('lines'), await lab.topic(), uniqueName('wordcount')]
    const start = () =>
      startChildProgram(new URL('../runtime/wordcount-program.ts', import.meta.url), {
        env: { APP_ID: appId, LINES: lines, COUNTS: counts, BROKERS: lab.brokers.join(','), STATE_DIR: lab.stateDir('one') },
      })
    await using refused = start()
    expect(await refused.ended).toBe(1)
    const output = refused.output.join('\n')
    expect(output).toContain('"code":"TOPIC_MISSING"')
    expect(output).toContain(
      `Topic "${lines}" (read by the topology) does not exist in the kafka log. Millrace creates its internal topics, but not yours: ` +
        `create it first (kafka-topics.sh --bootstrap-server … --create --topic ${lines} --partitions 4), or correct the name.`,
    )
    await lab.log.admin.createTopics([{ topic: lines, partitions: 2, cleanup: 'delete' }])
    await lab.produce(lines, [['k', 'word']])
    await using mended = start()
    await waitUntil(async () => (await lab.read(counts)).length === 1, { what: 'the word is counted' })
    expect(await mended.stop()).toBe(0)
  })

  it('an option that there is not: the one that was meant is named, and nothing is opened', async () => {
    await using shop = await PaymentShop.open()
    const { exitCode, output } = await shop.refusal({ options: { comitInterval: '1s' } })
    expect(exitCode).toBe(1)
    expect(output).toContain(
      'The options of app "payments" are not valid. "comitInterval" is no option (did you mean "commitInterval"?).',
    )
    expect(output).toContain("code: 'CONFIG_INVALID'")
    expect(existsSync(shop.stateDir)).toBe(false)
    const connection = await shop.refusal({ options: { mysql: { host: 'localhost', user: 'me', pasword: 'hunter2' } } })
    expect(connection.exitCode).toBe(1)
    expect(connection.output).toContain('"mysql.pasword": no option; known are host, port, user, password')
    expect(connection.output).not.toContain('hunter2')
    await shop.pay(1, 20)
    await shop.catchUp({ options: { commitInterval: '50ms' } })
  })

  it('topics that are merged with different partition counts: both are named, and what the message says helps', async () => {
    await using lab = await KafkaLab.open()
    const [four, two, appId] = [await lab.topic(4), await lab.topic(2), uniqueName('merged')]
    const app = (program: Topology): App =>
      createApp(program, { kafka: { brokers: lab.brokers }, appId, stateDir: lab.stateDir('one'), logger: false, replicas: 1 })
    await lab.produce(
      four,
      [
        ['a', '1'],
        ['b', '1'],
        ['a', '1'],
        ['b', '1'],
      ].map(([key = '', value = '']) => [key, value] as const),
    )
    await lab.produce(
      two,
      [
        ['a', '1'],
        ['b', '1'],
      ].map(([key = '', value = '']) => [key, value] as const),
    )
    const refused = app(merged(four, two, false))
    await expect(refused.start()).rejects.toMatchObject({
      code: 'NOT_COPARTITIONED',
      message: expect.stringMatching(
        new RegExp(
          `"[^"]*/count" gets the records of a key from topics "${four}" \\(4 partitions\\) and "${two}" \\(2 partitions\\).*Call \\.repartition\\(\\)`,
        ),
      ),
    })
    expect(refused.state.status).toBe('failed')
    const mended = app(merged(four, two, true))
    try {
      await mended.start()
      await mended.caughtUp()
      expect(await mended.store('counts').get('b')).toBe(3)
    } finally {
      await mended.stop()
    }
  })

  it('two processes on one state folder: the second is refused, the first does not notice', async () => {
    await using shop = await PaymentShop.open()
    await shop.pay(1, 20)
    const first = shop.start()
    await shop.shows()
    const { exitCode, failure } = await shop.refusal({})
    expect(exitCode).toBe(1)
    expect(failure.code).toBe('STATE_LOCKED')
    expect(failure.error).toContain(`Two processes on one state folder: ${shop.stateDir} is in use by another process`)
    expect(failure.error).toContain('Stop the other one, or give each its own')
    await shop.pay(21, 40)
    await shop.shows()
    expect(await first.stop()).toBe(0)
    await shop.pay(41, 60)
    await shop.catchUp()
  })
})

/** Counts the records of two topics by key. */
function merged(one: string, other: string, repartitioned: boolean): Topology {
  const text = { key: string(), value: string() }
  return topology('merged', (t) => {
    const left = t.stream(one, text)
    const right = t.stream(other, text)
    // Records of the topics lie by their number, not by their key, so each side needs it.
    const sides = repartitioned
      ? ([left.repartition({ name: 'l' }), right.repartition({ name: 'r' })] as const)
      : ([left, right] as const)
    sides[0].merge(sides[1]).groupByKey().count({ as: 'counts' })
  })
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  await new Promise((resolve) => server.close(resolve))
  return address.port
}
