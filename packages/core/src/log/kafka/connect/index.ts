/** Connections to the brokers of a cluster, and what is known of the cluster. Nothing here knows records or groups. */
export { Cluster, topicMissing } from './cluster.ts'
export { kafkajsDialer } from './kafkajs-dialer.ts'
export { Wire } from './wire.ts'
