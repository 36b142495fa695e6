/** Private Kafka clusters in KRaft mode, of one node or three. */
export { type KafkaCluster, type KafkaOptions, startKafka } from './kafka-cluster.ts'
export type { KafkaProperties } from './node-properties.ts'
