/** Kafka behind the `Log` port: our own driver for records, groups, offsets and transactions over kafkajs's connections. */
export { kafkaLog, type KafkaLogOptions } from './kafka-log.ts'
