import { startKafka, type KafkaOptions } from './kafka/index.ts'
import { startMariadb, startMysql } from './mysql/index.ts'

/** A server to work with, of our own or of the user's; `stop` leaves the user's alone. */
export interface KafkaInUse {
  readonly brokers: readonly string[]
  stop(): Promise<void>
}

export interface SqlInUse {
  readonly url: string
  stop(): Promise<void>
}

const nothingToStop = async () => {}

/** The brokers of the environment's KAFKA_BROKERS (`host:port,host:port`), or else a cluster of our own. */
export async function useKafka(options?: KafkaOptions): Promise<KafkaInUse> {
  const brokers = process.env['KAFKA_BROKERS']
  return brokers ? { brokers: brokers.split(',').map((broker) => broker.trim()), stop: nothingToStop } : await startKafka(options)
}

/** The environment's MYSQL_URL, or else a MySQL of our own. */
export async function useMysql(): Promise<SqlInUse> {
  const url = process.env['MYSQL_URL']
  return url ? { url, stop: nothingToStop } : await startMysql()
}

/** The environment's MARIADB_URL, or else a MariaDB of our own. */
export async function useMariadb(): Promise<SqlInUse> {
  const url = process.env['MARIADB_URL']
  return url ? { url, stop: nothingToStop } : await startMariadb()
}
