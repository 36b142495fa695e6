/**
 * Private Kafka, MySQL and MariaDB servers for the demo, the tests and the benchmarks: fetched once into .tools/, started on free
 * ports of 127.0.0.1 with their data in temporary folders, and gone with the process that started them, however it dies.
 * `use…` takes the user's own server where the environment names one; `start…` never does, so its servers may be killed at will.
 */
export { type KafkaInUse, type SqlInUse, useKafka, useMariadb, useMysql } from './in-use.ts'
export { type KafkaCluster, type KafkaOptions, type KafkaProperties, startKafka } from './kafka/index.ts'
export { type SqlServer, type SqlServerOptions, startMariadb, startMysql } from './mysql/index.ts'
export type { Server, StopOptions } from './process/index.ts'
export { ServerError, type ServerErrorCode } from './server-error.ts'
