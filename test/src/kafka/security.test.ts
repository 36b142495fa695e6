import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type KafkaCluster, startKafka } from '@millrace/scripts/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaLog, type KafkaLogOptions, type Log } from '@millrace/core'
import { Collector, writeNumbers } from './numbers.ts'

const PASSWORD = 'app-secret'
const JAAS =
  'org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="broker-secret" ' +
  `user_broker="broker-secret" user_app="${PASSWORD}";`

describe('a broker with TLS and SASL', () => {
  let folder: string
  let kafka: KafkaCluster
  let ca: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'))
    const keystore = join(folder, 'broker.p12')
    ca = await newCertificate(keystore, join(folder, 'broker.pem'))
    kafka = await startKafka({
      properties: {
        // The listener keeps its name; what it speaks is another matter.
        'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT',
        'inter.broker.listener.name': 'PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN',
        'sasl.mechanism.inter.broker.protocol': 'PLAIN',
        'listener.name.plaintext.plain.sasl.jaas.config': JAAS,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.location': keystore,
        'ssl.keystore.password': 'keystore-secret',
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': join(folder, 'broker.pem'),
        // kafkajs asks for a new login ten seconds before the session ends: after one second here.
        'connections.max.reauth.ms': 11_000,
      },
    })
  })
  afterAll(async () => {
    await kafka.stop()
    await rm(folder, { recursive: true })
  })

  function open(options: Partial<KafkaLogOptions> = {}): Log {
    const sasl = { mechanism: 'plain', username: 'app', password: PASSWORD } as const
    return kafkaLog({ brokers: kafka.brokers, ssl: { ca }, sasl, connectionTimeout: 2000, ...options })
  }

  it('is written and read, also when sessions end while it goes on', async () => {
    const log = open()
    await log.admin.createTopics([{ topic: 'secure', partitions: 1, cleanup: 'delete', retentionMs: -1 }])
    const reader = await log.openReader({ name: 'test' })
    const collector = new Collector(reader, 'secure', 1)
    const writing = writeNumbers(log, 'secure', 1, 'secure')
    await new Promise((resolve) => setTimeout(resolve, 13_000))
    await collector.until(await writing.stop())
    expect(collector.disorder).toEqual([])
    await reader.close()
    await log.close()
  })

  it('rejects a wrong password with BROKER_REFUSED, which does not show it', async () => {
    const log = open({ sasl: { mechanism: 'plain', username: 'app', password: 'wrong-secret' } })
    const error = await log.admin.describeTopics(['any']).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'BROKER_REFUSED', message: expect.stringContaining('rejected the credentials') })
    expect((error as Error).message).not.toContain('wrong-secret')
    await log.close()
  })

  it('is not trusted without its authority, nor under another name', async () => {
    const untrusted = open({ ssl: true })
    await expect(untrusted.admin.describeTopics(['any'])).rejects.toThrow('self-signed certificate')
    await untrusted.close()
    const [port] = kafka.nodes.map((node) => node.port)
    const misnamed = open({ brokers: [`localhost:${port}`] })
    await expect(misnamed.admin.describeTopics(['any'])).rejects.toThrow("does not match certificate's altnames")
    await misnamed.close()
  })

  it('says what to check when TLS is not used', async () => {
    const log = kafkaLog({ brokers: kafka.brokers, connectionTimeout: 1000 })
    await expect(log.admin.describeTopics(['any'])).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      message: expect.stringContaining('ssl'),
    })
    await log.close()
  })
})

/** Makes a key for 127.0.0.1 in a key store, and its certificate, which signs itself, as PEM. */
async function newCertificate(keystore: string, certificate: string): Promise<string> {
  const keytool = (args: string[]): Promise<unknown> => promisify(execFile)('keytool', args)
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', 'keystore-secret', '-alias', 'broker']
  await keytool([
    '-genkeypair',
    ...store,
    '-keyalg',
    'EC',
    '-groupname',
    'secp256r1',
    '-dname',
    'CN=broker',
    '-ext',
    'SAN=ip:127.0.0.1',
  ])
  await keytool(['-exportcert', '-rfc', ...store, '-file', certificate])
  return await readFile(certificate, 'utf8')
}
