import { run } from '@millrace/core'
import { logOptions } from './log-options.ts'
import { shop } from './topology.ts'

// pnpm example revenue
//   MYSQL_URL      the server with shop.orders and shop.payments (default mysql://root@127.0.0.1:3306)
//   KAFKA_BROKERS  host:port,…  (default: the embedded log, no broker)
//   STATE_DIR      default .millrace/shop

try {
  await run(shop, {
    ...logOptions(process.env),
    mysql: process.env['MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306',
    ...(process.env['STATE_DIR'] === undefined ? {} : { stateDir: process.env['STATE_DIR'] }),
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
