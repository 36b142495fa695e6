import { startMariadb, useKafka, useMysql } from '@millrace/scripts/servers'

/** The servers of one demo, and what the app is told about them. */
export interface DemoServers {
  readonly mysqlUrl: string
  readonly serverName: string
  readonly logName: string
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The user's servers where the environment names them, otherwise private ones that end with the demo. */
export async function startServers(kafka: boolean): Promise<DemoServers> {
  const own = process.env['MYSQL_URL'] === undefined
  const [database, broker] = await Promise.all([own ? startMariadb() : useMysql(), kafka ? useKafka() : undefined])
  return {
    mysqlUrl: database.url,
    serverName: own ? 'MariaDB' : 'your MySQL',
    logName: broker === undefined ? 'embedded log' : 'Kafka',
    // Without --kafka the embedded log is meant, whatever the environment says.
    environment: { KAFKA_BROKERS: broker?.brokers.join(',') ?? '' },
    async stop() {
      await Promise.all([database.stop(), broker?.stop()])
    },
  }
}
