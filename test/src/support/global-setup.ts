import type { TestProject } from 'vitest/node'
import { useKafka, useMariadb, useMysql } from '@millrace/scripts/servers'

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of each broker of the Kafka that all test files share: prefix your topics with `uniqueName`. */
    kafkaBrokers: string[]
    /** The MySQL that all test files share: work in a `freshDatabase`. */
    mysqlUrl: string
    /** The MariaDB that all test files share: work in a `freshDatabase`. */
    mariadbUrl: string
  }
}

/** One server of each kind for the whole run. Vitest calls this only when an integration test is going to run. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const [kafka, mysql, mariadb] = await Promise.all([useKafka(), useMysql(), useMariadb()])
  project.provide('kafkaBrokers', [...kafka.brokers])
  project.provide('mysqlUrl', mysql.url)
  project.provide('mariadbUrl', mariadb.url)
  return async () => {
    await Promise.all([kafka.stop(), mysql.stop(), mariadb.stop()])
  }
}
