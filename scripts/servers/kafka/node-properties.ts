/** Lines of a server.properties file; the meaning is Kafka's: https://kafka.apache.org/documentation/#brokerconfigs */
export type KafkaProperties = Readonly<Record<string, string | number | boolean>>

export interface NodePorts {
  readonly broker: number
  readonly controller: number
}

export interface NodePlace {
  /** Of all nodes of the cluster, in order of their node ids, which begin with 1. */
  readonly ports: readonly NodePorts[]
  readonly index: number
  readonly logFolder: string
}

/** A combined broker and controller, made to start fast, to be small, and to notice the death of a neighbour soon. */
export function nodeProperties({ ports, index, logFolder }: NodePlace): KafkaProperties {
  const { broker, controller } = ports[index] as NodePorts
  const replicas = ports.length
  const minInSync = Math.ceil(replicas / 2)
  return {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': ports.map((node, i) => `${i + 1}@127.0.0.1:${node.controller}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logFolder,
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 3000,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16 << 20, // the default, 128 MB, is half of the heap
  }
}

export function toPropertiesFile(properties: KafkaProperties): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
