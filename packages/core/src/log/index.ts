/** The port to a partitioned log, and the logs behind it: what other folders use of them. */
export { embeddedLog, type EmbeddedLogOptions } from './embedded/index.ts'
export { kafkaLog, type KafkaLogOptions } from './kafka/index.ts'
export type * from './log.ts'
export { LogRecord, NO_HEADERS, partitionForKey } from './records/index.ts'
export { parseTopicPartition, topicPartitionKey } from './topic-partition.ts'
