import { createServer, type Server } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, inject, it } from 'vitest'
import { kafkaLog } from '@millrace/core'
import { uniqueName } from '../support/unique-name.ts'

describe('connecting to Kafka', () => {
  it('fails with BROKER_UNREACHABLE within seconds where nobody listens, naming the address', async () => {
    const address = `127.0.0.1:${await unusedPort()}`
    const log = kafkaLog({ brokers: [address] })
    const error = await log.admin.describeTopics(['any']).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'BROKER_UNREACHABLE', message: expect.stringContaining(address) })
    expect((error as Error).message).toContain('Check that the address and the port')
    await log.close()
  }, 15_000)

  it('fails with BROKER_UNREACHABLE where something else listens and says nothing', async () => {
    const server = createServer(() => {})
    const log = kafkaLog({ brokers: [`127.0.0.1:${await listen(server)}`], connectionTimeout: 500 })
    await expect(log.openWriter({ name: 'test' })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
    await log.close()
    server.close()
  }, 15_000)

  it('tries the other addresses when the first one is dead', async () => {
    const log = kafkaLog({ brokers: [`127.0.0.1:${await unusedPort()}`, ...inject('kafkaBrokers')] })
    expect((await log.admin.describeTopics([uniqueName('missing')])).size).toBe(0)
    await log.close()
  })

  it('refuses options that can not be meant', () => {
    expect(() => kafkaLog({})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => kafkaLog({ brokers: ['localhost'] })).toThrow('host:port')
    expect(() => kafkaLog({ client: {} })).toThrow('kafkajs 2.2.4')
  })

  it('uses the connections of a kafkajs client that the app has', async () => {
    const client = new Kafka({ brokers: inject('kafkaBrokers'), logLevel: logLevel.NOTHING })
    const log = kafkaLog({ client })
    const topic = uniqueName('shared')
    await log.admin.createTopics([{ topic, partitions: 1, cleanup: 'delete' }])
    const writer = await log.openWriter({ name: 'test' })
    await writer.prepare([topic])
    writer.append(topic, 0, Date.now(), 'k', 'v')
    expect(await writer.commit()).toEqual(new Map([[`${topic}/0`, 1]]))
    await writer.close()
    await log.close()
  })

  it('causes no warnings of Node', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', listener)
    const log = kafkaLog({ brokers: inject('kafkaBrokers') })
    for (let i = 0; i < 20; i++) await log.admin.describeTopics([uniqueName('missing')])
    const writers = await Promise.all(Array.from({ length: 5 }, () => log.openWriter({ name: 'test' })))
    await Promise.all(writers.map((writer) => writer.close()))
    await log.close()
    process.off('warning', listener)
    expect(warnings).toEqual([])
  })

  it('ends everything that is still waiting when the log is closed', async () => {
    const log = kafkaLog({ brokers: inject('kafkaBrokers') })
    const writer = await log.openWriter({ name: 'test' })
    const reader = await log.openReader({ name: 'test' })
    await writer.close()
    await reader.close()
    await log.close()
    await expect(log.admin.describeTopics(['any'])).rejects.toMatchObject({ code: 'LOG_CLOSED' })
  })
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
