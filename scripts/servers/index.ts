/**
 * Private Kafka, MySQL and MariaDB servers for the demo, the tests and the benchmarks: fetched once into .tools/, started on free
 * ports of 127.0.0.1 with their data in temporary folders, and gone with the process that started them, however it dies.
 * `use…` takes the user's own server where the environment names one; `start…` never does, so its servers may be killed at will.
 */
export { type KafkaInUse, type SqlInUse, useKafka, useMariadb, useMysql } from './in-use.ts'
export { type KafkaCluster, type KafkaOptions, startKafka } from './kafka/kafka-cluster.ts'
export type { KafkaProperties } from './kafka/node-properties.ts'
export { startMariadb } from './mysql/mariadb.ts'
export { startMysql } from './mysql/mysql.ts'
export type { SqlServer, SqlServerOptions } from './mysql/sql-server.ts'
export type { Server, StopOptions } from './process/server.ts'
export { ServerError, type ServerErrorCode } from './server-error.ts'
