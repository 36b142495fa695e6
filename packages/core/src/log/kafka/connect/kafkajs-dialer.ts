import type { Socket } from 'node:net'
import { MillraceError } from '../../../errors.ts'
import { ConnectionError } from '../errors.ts'
import type { ApiVersions, Dialer } from './dialer.ts'

/*
 * kafkajs brings TLS, every SASL mechanism, and users' own socket factories. We use it up to the point where a connection is
 * authenticated, then take the socket: its record path is slow, its request queue makes timers with negative delays on Node 24,
 * and a connection that broke inside a response can't be used again. What we touch is private, hence the exact version in
 * package.json and the checks here.
 */
interface KafkajsCluster {
  readonly connectionPoolBuilder: { build(destination?: { host: string; port: number }): Promise<KafkajsPool> }
  readonly brokerPool: { createBroker(options: object): KafkajsBroker }
  readonly rootLogger: object
}

interface KafkajsPool {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly sasl: object | null | undefined
  readonly pool: readonly KafkajsConnection[]
}

interface KafkajsConnection {
  readonly socket: Socket | undefined
  readonly clientId: string
  readonly requestQueue: { pending: readonly unknown[]; scheduleCheckPendingRequests(): void; destroy(): void }
  isAuthenticated(): boolean
}

interface KafkajsBroker {
  readonly versions: ApiVersions
  connect(): Promise<void>
  disconnect(): Promise<void>
}

/**
 * Opens connections with the settings of a kafkajs client.
 * @throws {MillraceError} CONFIG_INVALID when the object is no `Kafka` of kafkajs 2.2.4
 */
export function kafkajsDialer(kafka: object, clientId: string): Dialer {
  const cluster = clusterOf(kafka)
  return {
    clientId,
    async dial(broker) {
      const connectionPool = await buildPool(cluster, broker)
      const address = `${connectionPool.host}:${connectionPool.port}`
      const connection = connectionPool.pool[0]
      if (connection === undefined) throw unknownKafkajs()
      silenceQueue(connection)
      const client = cluster.brokerPool.createBroker({ connectionPool, logger: cluster.rootLogger })
      try {
        await client.connect()
      } catch (error) {
        connection.socket?.destroy()
        connection.requestQueue.destroy()
        throw dialError(error, address)
      }
      const { socket } = connection
      if (socket === undefined || socket.destroyed) throw new ConnectionError(address, 'closed the connection at once')
      connection.requestQueue.destroy()
      for (const event of ['data', 'end', 'error', 'timeout', 'close']) socket.removeAllListeners(event)
      // Until the connection listens: an error without a listener would end the process.
      socket.on('error', () => {})
      const expires = connectionPool.sasl !== null && connectionPool.sasl !== undefined
      return { socket, address, versions: client.versions, isExpired: () => expires && !connection.isAuthenticated() }
    },
  }
}

function clusterOf(kafka: object): KafkajsCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol)
  if (typeof create !== 'function') throw unknownKafkajs()
  const cluster: Partial<KafkajsCluster> = create({ allowAutoTopicCreation: false })
  const { connectionPoolBuilder, brokerPool, rootLogger } = cluster
  if (typeof connectionPoolBuilder?.build !== 'function' || typeof brokerPool?.createBroker !== 'function') throw unknownKafkajs()
  return { connectionPoolBuilder, brokerPool, rootLogger: rootLogger ?? {} }
}

async function buildPool(cluster: KafkajsCluster, broker: { host: string; port: number } | undefined): Promise<KafkajsPool> {
  try {
    return await cluster.connectionPoolBuilder.build(broker)
  } catch (error) {
    throw new MillraceError('CONFIG_INVALID', `The bootstrap brokers are no list of host:port: ${reason(error)}`, {
      cause: error,
    })
  }
}

/** Without this, each answer makes a timer with a negative delay, which Node 24 warns about. */
function silenceQueue({ requestQueue }: KafkajsConnection): void {
  const schedule = requestQueue.scheduleCheckPendingRequests
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule.call(requestQueue)
  }
}

function dialError(error: unknown, address: string): MillraceError {
  const name = error instanceof Error ? error.name : ''
  if (name.includes('SASL')) {
    return new MillraceError(
      'BROKER_REFUSED',
      `Broker ${address} rejected the credentials: ${reason(error)}. Check user name, password and SASL mechanism.`,
      { cause: error },
    )
  }
  return new ConnectionError(address, reason(error).replace(/\.$/, ''), error)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unknownKafkajs(): MillraceError {
  return new MillraceError(
    'CONFIG_INVALID',
    'The Kafka client is not one of kafkajs 2.2.4, the version whose connections Millrace knows to use. Install that version, or give brokers, ssl and sasl instead of a client.',
  )
}
