import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type Server, type StopOptions, startServer } from '../process/index.ts'
import { formattedStorage } from './formatted-storage.ts'
import { type KafkaDistribution, kafkaDistribution } from './distribution.ts'
import { type KafkaProperties, nodeProperties, type NodePorts, toPropertiesFile } from './node-properties.ts'

const READY_TIMEOUT_MS = 60_000
const LOG_LEVELS = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]

export interface KafkaOptions {
  /** Brokers in the cluster, each a controller too. Internal topics are replicated to all of them. Default 1. */
  readonly nodes?: 1 | 3
  /** Broker properties that differ from this module's. */
  readonly properties?: KafkaProperties
  /** Options of each broker's Java. Default `-Xmx256m -XX:+UseSerialGC`. */
  readonly javaOptions?: readonly string[]
}

/** A KRaft cluster of our own on 127.0.0.1. */
export interface KafkaCluster {
  /** `host:port` of each node, as clients want them. */
  readonly brokers: readonly string[]
  /** The nodes one by one, to stop, kill or restart them alone. */
  readonly nodes: readonly Server[]
  stop(options?: StopOptions): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

/**
 * Starts Kafka, fetching it at the first call. Auto-creation of topics is off.
 *
 * @throws ServerError SERVER_UNAVAILABLE without Java 17 or Maven, SERVER_FETCH_FAILED, SERVER_START_FAILED
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const distribution = await kafkaDistribution()
  const storage = await formattedStorage(distribution)
  const ports = await Promise.all(
    Array.from({ length: options.nodes ?? 1 }, async () => ({ broker: await freePort(), controller: await freePort() })),
  )
  const starts = await Promise.allSettled(
    ports.map((_, index) => startNode({ distribution, storage: storage[index] as string, ports, index, options })),
  )
  const nodes = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value)
  const failure = starts.find((start) => start.status === 'rejected')
  if (failure !== undefined) {
    await Promise.all(nodes.map((node) => node.stop()))
    throw failure.reason
  }
  return {
    brokers: nodes.map((node) => `127.0.0.1:${node.port}`),
    nodes,
    stop: (stopOptions) => forAll(nodes, (node) => node.stop(stopOptions)),
    kill: () => forAll(nodes, (node) => node.kill()),
    restart: async () => {
      await forAll(nodes, (node) => node.stop({ keepData: true })) // all first: one node alone has no quorum to start with
      await forAll(nodes, (node) => node.restart())
    },
  }
}

interface NodeStart {
  readonly distribution: KafkaDistribution
  readonly storage: string
  readonly ports: readonly NodePorts[]
  readonly index: number
  readonly options: KafkaOptions
}

function startNode({ distribution, storage, ports, index, options }: NodeStart): Promise<Server> {
  const propertiesFile = (dataDir: string) => join(dataDir, 'server.properties')
  return startServer({
    name: 'Kafka',
    port: (ports[index] as NodePorts).broker,
    readyTimeoutMs: READY_TIMEOUT_MS,
    prepare: async (dataDir) => {
      const logFolder = join(dataDir, 'data')
      await cp(storage, logFolder, { recursive: true })
      const properties = { ...nodeProperties({ ports, index, logFolder }), ...options.properties }
      await writeFile(propertiesFile(dataDir), toPropertiesFile(properties))
    },
    command: (dataDir) => [
      distribution.java,
      ...(options.javaOptions ?? ['-Xmx256m', '-XX:+UseSerialGC']),
      ...LOG_LEVELS,
      '-cp',
      distribution.classPath,
      'kafka.Kafka',
      propertiesFile(dataDir),
    ],
    // A broker logs this once its controller has unfenced it: topics can be created from then on.
    isReady: (newLog) => newLog.includes('Kafka Server started'),
  })
}

async function forAll(nodes: readonly Server[], action: (node: Server) => Promise<void>): Promise<void> {
  await Promise.all(nodes.map(action))
}
