import type { ConnectionOptions } from 'node:tls'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { MillraceError } from '../../errors.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Log } from '../log.ts'
import { Cluster, kafkajsDialer } from './connect/index.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaMember } from './kafka-member.ts'
import { KafkaReader } from './kafka-reader.ts'
import { KafkaWriter } from './kafka-writer.ts'

/** How to reach a Kafka cluster (2.5 or newer). Either `brokers` or `client`. */
export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers?: readonly string[]
  /** A `Kafka` of kafkajs 2.2.4 that the app has already: its addresses, TLS, SASL and timeouts are used. */
  readonly client?: object
  /** What brokers call this client in their logs and quotas. Default `millrace`. */
  readonly clientId?: string
  /** True, or Node's TLS options. Certificates and host names are verified unless `rejectUnauthorized` is false. */
  readonly ssl?: boolean | ConnectionOptions
  /** As kafkajs takes it: `{ mechanism: 'scram-sha-512', username, password }`. */
  readonly sasl?: NonNullable<KafkaConfig['sasl']>
  /** How long one connection may take to be set up, ms. Default 3 000. */
  readonly connectionTimeout?: number
  /** How long the broker may take for one request, besides what the request itself waits for, ms. Default 30 000. */
  readonly requestTimeout?: number
  /** How long an operation goes on trying while brokers or leaders are away, then BROKER_UNREACHABLE, ms. Default 60 000. */
  readonly retryTimeout?: number
  /** Largest batch of records, bytes. Default 1 MiB, which is what topics accept by default (max.message.bytes). */
  readonly maxBatchBytes?: number
  /** Default: nothing is logged. */
  readonly logger?: Logger
}

const DEFAULT_CLIENT_ID = 'millrace'
const DEFAULT_CONNECTION_TIMEOUT_MS = 3_000
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000
const DEFAULT_RETRY_TIMEOUT_MS = 60_000
const DEFAULT_MAX_BATCH_BYTES = 1024 * 1024

/**
 * Kafka as the log. Nothing is connected before the first operation.
 *
 * @example
 * ```ts
 * import { kafkaLog } from '@millrace/core'
 *
 * const password = process.env['KAFKA_PASSWORD'] ?? ''
 * export const log = kafkaLog({ brokers: ['kafka-1:9093'], ssl: true, sasl: { mechanism: 'plain', username: 'app', password } })
 * ```
 *
 * @throws {MillraceError} CONFIG_INVALID for options that can't be meant; the log's first operation throws BROKER_UNREACHABLE
 *   within seconds for an address where no broker is
 */
export function kafkaLog(options: KafkaLogOptions): Log {
  const { logger = SILENT, clientId = DEFAULT_CLIENT_ID } = options
  const connectionTimeout = options.connectionTimeout ?? DEFAULT_CONNECTION_TIMEOUT_MS
  const maxBatchBytes = options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES
  const cluster = new Cluster({
    dialer: kafkajsDialer(clientOf(options, clientId, connectionTimeout, logger), clientId),
    logger,
    requestTimeoutMs: options.requestTimeout ?? DEFAULT_REQUEST_TIMEOUT_MS,
    retryTimeoutMs: options.retryTimeout ?? DEFAULT_RETRY_TIMEOUT_MS,
    firstContactTimeoutMs: connectionTimeout,
  })
  const admin = new KafkaAdmin(cluster)
  return {
    name: 'kafka',
    admin,
    openReader: async (reader) => new KafkaReader(cluster, reader),
    openWriter: async (writer) => await KafkaWriter.open(cluster, writer, maxBatchBytes),
    openMember: async (member) => new KafkaMember(cluster, member),
    async close() {
      admin.close()
      cluster.close()
    },
  }
}

function clientOf(options: KafkaLogOptions, clientId: string, connectionTimeout: number, logger: Logger): object {
  const { brokers, client, ssl, sasl } = options
  if ((brokers === undefined) === (client === undefined)) {
    throw new MillraceError(
      'CONFIG_INVALID',
      'Kafka needs either brokers (addresses as host:port) or client (a Kafka of kafkajs).',
    )
  }
  if (client !== undefined) return client
  const wrong = brokers?.find((broker) => !/^.+:\d{1,5}$/.test(broker))
  if (brokers === undefined || brokers.length === 0 || wrong !== undefined) {
    throw new MillraceError(
      'CONFIG_INVALID',
      `Kafka brokers are given as host:port, like localhost:9092; got ${wrong ?? 'an empty list'}.`,
    )
  }
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout,
    // The handshake is all that kafkajs does for us: one answer of it takes no longer than a connection.
    requestTimeout: connectionTimeout,
    authenticationTimeout: connectionTimeout,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    logLevel: logLevel.ERROR,
    // What goes wrong is thrown, and logged where it is decided about.
    logCreator:
      () =>
      ({ namespace, log }) =>
        logger.debug('kafkajs', { namespace, message: log.message }),
  })
}

const nothing = (): void => {}
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
